package devcloud

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// server is one service on a port of loopback. Its address is known before it serves: the services tell each other's.
type server struct {
	http     http.Server
	listener net.Listener
	address  string // literal, with the port
	serving  sync.WaitGroup
}

// listen takes a port. Port 0 is any free one. Clients that come before serve wait.
func listen(ctx context.Context, port int) (*server, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	s := &server{listener: l, address: l.Addr().String()}
	s.http.ReadHeaderTimeout = time.Minute
	s.http.ErrorLog = log.New(io.Discard, "", 0) // what it would say, a client sees for itself
	return s, nil
}

// serve serves h until close.
func (s *server) serve(h http.Handler) {
	s.http.Handler = h
	s.serving.Go(func() { _ = s.http.Serve(s.listener) }) // ends with close, and with nothing else
}

// close ends the service with all its connections, and returns when it is gone. A server that never was is closed.
func (s *server) close() error {
	if s == nil {
		return nil
	}
	err := s.http.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	_ = s.listener.Close() // closed already, where it was served
	s.serving.Wait()
	return err
}
