package fault

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// Wire joins a script to a server.
type Wire struct {
	// Operation names what a request asks for; nil: every name is empty.
	Operation func(*http.Request) string
	// Refuse answers with an error in the server's own form; nil: the message as plain text.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, code, message string)
	// Sleep waits for d, or until ctx ends and then says why; nil: by the machine's clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Wrap puts the script in front of next. A connection that a fault ends is ended by http.ErrAbortHandler, so the
// handler wants to be served by net/http. Mind that net/http's client repeats a GET or HEAD by itself where a reused
// connection ends before the answer: one Drop may then be invisible, and the request is seen twice.
func (s *Script) Wrap(next http.Handler, wire Wire) http.Handler {
	if wire.Operation == nil {
		wire.Operation = func(*http.Request) string { return "" }
	}
	if wire.Refuse == nil {
		wire.Refuse = func(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
			http.Error(w, code+": "+message, status)
		}
	}
	if wire.Sleep == nil {
		wire.Sleep = sleep
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.next(r.Method, r.URL.Path, wire.Operation(r))
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		a.serve(w, r, next, wire)
	})
}

func (a Action) serve(w http.ResponseWriter, r *http.Request, next http.Handler, wire Wire) {
	if a.Applied {
		next.ServeHTTP(&nowhere{header: http.Header{}}, r)
	}
	switch a.Kind {
	case Refuse:
		a.alter(w.Header())
		wire.Refuse(w, r, a.Status, a.Code, a.Message)
	case Page:
		a.page(w)
	case Drop:
		panic(http.ErrAbortHandler)
	case Cut:
		a.cut(w, r, next)
	case Slow:
		a.slow(w, r, next, wire.Sleep)
	case Alter:
		a.rewrite(w, r, next)
	case Hang:
		hang(r)
	case Expire:
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), expired{}, true)))
	case Double:
		a.double(w, r, next, wire.Sleep)
	}
}

// alter sets and takes away headers.
func (a Action) alter(h http.Header) {
	for name, value := range a.Header {
		h.Del(name)
		if value != "" {
			h.Set(name, value)
		}
	}
}

// page answers as a gateway would that knows nothing of the protocol behind it.
func (a Action) page(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	a.alter(w.Header())
	w.WriteHeader(a.Status)
	io.WriteString(w, "<html><head><title>"+http.StatusText(a.Status)+"</title></head><body>gateway</body></html>\n")
}

// cut lets the answer's head and the first bytes of its body through, then ends the connection. A body that was not
// cut ends as it should.
func (a Action) cut(w http.ResponseWriter, r *http.Request, next http.Handler) {
	c := &cutWriter{ResponseWriter: w, left: a.Bytes}
	next.ServeHTTP(c, r)
	if c.over {
		http.NewResponseController(w).Flush() // an error means that the connection is gone, as it is meant to be
		panic(http.ErrAbortHandler)
	}
}

// rewrite lets the server answer, with other headers.
func (a Action) rewrite(w http.ResponseWriter, r *http.Request, next http.Handler) {
	other := &altered{ResponseWriter: w, action: a}
	next.ServeHTTP(other, r)
	if !other.sent {
		other.WriteHeader(http.StatusOK)
	}
}

// slow delays the request and paces both bodies. A client that leaves meanwhile is not served.
func (a Action) slow(w http.ResponseWriter, r *http.Request, next http.Handler, wait sleeper) {
	if wait(r.Context(), time.Duration(a.Delay)) != nil {
		panic(http.ErrAbortHandler)
	}
	if a.Rate > 0 {
		p := pace{ctx: r.Context(), rate: a.Rate, wait: wait}
		r.Body = &slowBody{ReadCloser: r.Body, pace: p}
		w = &slowWriter{ResponseWriter: w, pace: p}
	}
	next.ServeHTTP(w, r)
}

// double lets the server answer nobody first, and the client Delay later: as a proxy does that sends a request again.
func (a Action) double(w http.ResponseWriter, r *http.Request, next http.Handler, wait sleeper) {
	body, err := io.ReadAll(r.Body)
	if err != nil { // the client left
		panic(http.ErrAbortHandler)
	}
	again := func() *http.Request {
		once := r.Clone(r.Context())
		once.Body = io.NopCloser(bytes.NewReader(body))
		return once
	}
	next.ServeHTTP(&nowhere{header: http.Header{}}, again())
	if wait(r.Context(), time.Duration(a.Delay)) != nil {
		panic(http.ErrAbortHandler)
	}
	next.ServeHTTP(w, again())
}

// hang reads the request to its end first: only then does net/http notice that a client leaves.
func hang(r *http.Request) {
	io.Copy(io.Discard, r.Body) // an error means that the client left already
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

type expired struct{}

// Expired tells a server whether it is to treat the credentials of a request as expired; ctx is the request's.
func Expired(ctx context.Context) bool { return ctx.Value(expired{}) != nil }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
