package center

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// Refuse answers with an error in the form of what was asked: the API's envelope, or what the link's host would say. It
// is the Refuse of a fault.Wire. The true API tells its errors with status 200.
func Refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	if isMedia(r.URL.Path) {
		refuse(w, r, status, code, message)
		return
	}
	var b bytes.Buffer
	envelope := map[string]any{"Response": map[string]any{"Error": apiError{code, message}, "RequestId": requestID()}}
	if err := json.NewEncoder(&b).Encode(envelope); err != nil {
		http.Error(w, "encode answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(bytes.TrimRight(b.Bytes(), "\n")) // a client that has left needs no answer
}
