package cosstore

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// notesWrites is a connection that keeps what is written, and how often. Its ReadFrom is net/http's way around conn.
type notesWrites struct {
	net.Conn
	t       *testing.T
	written bytes.Buffer
	writes  int
}

func (n *notesWrites) Write(p []byte) (int, error) {
	n.writes++
	return n.written.Write(p)
}

func (n *notesWrites) ReadFrom(io.Reader) (int64, error) {
	n.t.Error("the connection reads the body itself")
	return 0, io.ErrClosedPipe
}

// A body goes out whole, in large writes, and by no other way.
func TestConn_ReadFrom(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 200_000/16)
	to := &notesWrites{t: t}
	n, err := conn{to}.ReadFrom(io.LimitReader(bytes.NewReader(body), int64(len(body))))
	if err != nil || n != int64(len(body)) || !bytes.Equal(to.written.Bytes(), body) {
		t.Errorf("wrote %d bytes of %d, %v", n, len(body), err)
	}
	if to.writes > 4 {
		t.Errorf("%d writes", to.writes)
	}
}

func TestConn_BodyFails(t *testing.T) {
	cut := errors.New("cut")
	_, err := conn{&notesWrites{t: t}}.ReadFrom(io.MultiReader(bytes.NewReader([]byte("some")), failing{cut}))
	if !errors.Is(err, cut) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Bodies arrive through it, plain and with TLS, one after the other over one connection.
func TestThrough_BothKindsOfConnections(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 300_000/16)
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		_, _ = w.Write(got)
	})
	plain, secure := httptest.NewServer(echo), httptest.NewTLSServer(echo)
	defer plain.Close()
	defer secure.Close()
	trusting := &tls.Dialer{Config: secure.Client().Transport.(*http.Transport).TLSClientConfig.Clone()}
	var dialled int
	counted := func(d dial) dial {
		return func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled++
			return d(ctx, network, address)
		}
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext: through(counted(new(net.Dialer).DialContext)), DialTLSContext: through(counted(trusting.DialContext))}}
	defer client.CloseIdleConnections()
	for _, url := range []string{plain.URL, secure.URL} {
		for range 3 {
			resp, err := client.Post(url, "text/plain", io.NopCloser(bytes.NewReader(body)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%s: %d bytes came back, %v", url, len(got), err)
			}
		}
	}
	if dialled != 2 {
		t.Errorf("%d connections, want 2", dialled)
	}
}

// A host that does not prove who it is gets nothing.
func TestTransport_RefusesAnUnknownCertificate(t *testing.T) {
	reached := false
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that the client left
	server.StartTLS()
	defer server.Close()
	transport := newTransport(Options{Concurrency: 1})
	defer transport.CloseIdleConnections()
	_, err := (&http.Client{Transport: transport}).Get(server.URL)
	if unknown := new(tls.CertificateVerificationError); !errors.As(err, &unknown) || reached {
		t.Errorf("got %v, reached %v", err, reached)
	}
}
