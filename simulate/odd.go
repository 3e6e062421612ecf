package main

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
)

// odd gives answers that arrive whole and are none: null, an empty object, the first half of the JSON, an empty file.
type odd struct {
	mu    sync.Mutex
	rand  *rand.Rand
	share float64
}

func (o *odd) set(share float64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share = share
}

// draw tells whether an answer is to be odd, and which of n ways.
func (o *odd) draw(n int) (way int, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rand.IntN(n), o.rand.Float64() < o.share
}

func (o *odd) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		way, ok := o.draw(4)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		kept := &keptAnswer{header: http.Header{}}
		next.ServeHTTP(kept, r)
		var body []byte
		if r.URL.Path == "/" { // the API
			body = [][]byte{[]byte("null"), []byte("{}"), []byte(`{"Response":{}}`), kept.body.Bytes()[:kept.body.Len()/2]}[way]
		}
		w.Header().Set("Content-Type", kept.header.Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body) // a client that has left needs no answer
	})
}

// keptAnswer holds an answer back.
type keptAnswer struct {
	header http.Header
	body   bytes.Buffer
}

func (k *keptAnswer) Header() http.Header         { return k.header }
func (k *keptAnswer) WriteHeader(int)             {}
func (k *keptAnswer) Write(p []byte) (int, error) { return k.body.Write(p) }
