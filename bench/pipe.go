package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// pipe is the floor: a plain net/http GET whose body is the body of a PUT, without a digest, a look, a second try or a word
// of metadata. Nothing that copies over HTTP through one process is expected to be faster. With sum it adds one thing, the
// SHA-256 that every archived file has to have: what an archive without any other cost would reach.
func (l *lab) pipe(ctx context.Context, files, inFlight int, sum bool) error {
	transport := &http.Transport{MaxIdleConnsPerHost: inFlight, DisableCompression: true, IdleConnTimeout: time.Minute,
		ReadBufferSize: pipeBuffer, WriteBufferSize: pipeBuffer}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inFlight)
	for n := range files {
		g.Go(func() error { return l.pipeOne(ctx, client, n, sum) })
	}
	return g.Wait()
}

// pipeBuffer is the size of a connection's buffers, in bytes: with the default of 4 KB a large file takes longer.
const pipeBuffer = 64 << 10

func (l *lab) pipeOne(ctx context.Context, client *http.Client, n int, sum bool) error {
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/recordings/%d.mp3", l.at.Media, n), nil)
	if err != nil {
		return err
	}
	from, err := client.Do(get)
	if err != nil {
		return err
	}
	defer from.Body.Close()
	var body io.Reader = from.Body
	if sum {
		body = io.TeeReader(body, sha256.New())
	}
	put, err := http.NewRequestWithContext(ctx, http.MethodPut, fmt.Sprintf("http://%s/pipe/%d.mp3", l.at.Bucket, n), body)
	if err != nil {
		return err
	}
	put.ContentLength = from.ContentLength
	to, err := client.Do(put)
	if err != nil {
		return err
	}
	defer to.Body.Close()
	if from.StatusCode != http.StatusOK || to.StatusCode != http.StatusOK {
		return errors.New("pipe: a server refused")
	}
	_, err = io.Copy(io.Discard, to.Body)
	return err
}
