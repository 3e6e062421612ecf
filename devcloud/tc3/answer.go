package tc3

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Error is an error as the API tells it. Errors travel with HTTP status 200.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Fail is an *Error.
func Fail(code, format string, args ...any) error {
	return &Error{code, fmt.Sprintf(format, args...)}
}

// AsError is the API's own error in err. An error that has no code becomes InternalError.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{"InternalError", err.Error()}
}

// Answer sends what an action gave, which holds its RequestId already, in the API's envelope.
func Answer(w http.ResponseWriter, response any) { send(w, http.StatusOK, response) }

// Refuse sends an error in the API's envelope. The true API does so with status 200; a fault may have another one.
func Refuse(w http.ResponseWriter, status int, e *Error) {
	send(w, status, struct {
		Error     *Error
		RequestId string
	}{e, RequestID()})
}

func send(w http.ResponseWriter, status int, response any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(map[string]any{"Response": response}); err != nil {
		http.Error(w, "encode answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(bytes.TrimRight(b.Bytes(), "\n")) // a client that has left needs no answer
}

// RequestID is a random UUID, as the cloud names its requests.
func RequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: it ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
