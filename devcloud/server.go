package devcloud

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// server is one service on a port of loopback.
type server struct {
	http    http.Server
	address string // literal, with the port
	ended   chan struct{}
}

// listen serves h until close. Port 0 is any free one.
func listen(ctx context.Context, port int, h http.Handler) (*server, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	s := &server{address: l.Addr().String(), ended: make(chan struct{})}
	s.http.Handler = h
	s.http.ReadHeaderTimeout = time.Minute
	s.http.ErrorLog = log.New(io.Discard, "", 0) // what it would say, a client sees for itself
	go func() {
		defer close(s.ended)
		_ = s.http.Serve(l) // ends with close, and with nothing else
	}()
	return s, nil
}

// close ends the service with all its connections, and returns when it is gone. A server that never was is closed.
func (s *server) close() error {
	if s == nil {
		return nil
	}
	err := s.http.Close()
	<-s.ended
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
