package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
)

// archived makes sure that the packed lines under prefix hold each of so many calls once. The answer is the CPU time that
// the servers had used before they were asked for them.
func (l *lab) archived(ctx context.Context, prefix string, calls int) (seconds float64, err error) {
	n, err := l.counts()
	if err != nil {
		return 0, err
	}
	keys, err := l.keys(ctx, prefix)
	if err != nil {
		return 0, err
	}
	seen := make(map[string]bool, calls)
	for _, key := range keys {
		if err := l.readSessions(ctx, key, seen); err != nil {
			return 0, fmt.Errorf("%s: %w", key, err)
		}
	}
	if len(seen) != calls {
		return 0, fmt.Errorf("bucket has %d calls of %d", len(seen), calls)
	}
	return n.CPU.Seconds(), nil
}

// keys are the bucket's under prefix, escaped as it lists them; more than a page of 1000 is not expected.
func (l *lab) keys(ctx context.Context, prefix string) ([]string, error) {
	body, err := l.getObject(ctx, "?prefix="+prefix)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var page struct {
		Keys []string `xml:"Contents>Key"`
	}
	return page.Keys, xml.NewDecoder(body).Decode(&page)
}

// readSessions adds the calls of one object to seen. A call that was there already is an error.
func (l *lab) readSessions(ctx context.Context, key string, seen map[string]bool) error {
	body, err := l.getObject(ctx, key)
	if err != nil {
		return err
	}
	defer body.Close()
	plain, err := gzip.NewReader(body)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(plain)
	for lines.Scan() {
		var row struct{ SessionId string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return err
		}
		if row.SessionId == "" || seen[row.SessionId] {
			return fmt.Errorf("call %q is there twice, or has no id", row.SessionId)
		}
		seen[row.SessionId] = true
	}
	return lines.Err()
}

// getObject gets what lies under a key of the bucket. The caller closes it.
func (l *lab) getObject(ctx context.Context, key string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.at.Bucket+"/"+key, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("bucket answers %s", resp.Status)
	}
	return resp.Body, nil
}
