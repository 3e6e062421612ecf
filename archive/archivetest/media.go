package archivetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"strconv"
	"time"

	"cdrvault/archive"
)

// Media is one file at the source.
type Media struct {
	Body []byte
	Type string    // Content-Type
	From time.Time // there from then on, missing before
	Gone bool      // deleted at the source

	// Way is how the nth download goes, counted from 1. Nil: whole, each time.
	Way func(n int) Way

	downloads int
}

// Way is how one download goes.
type Way int

// The ways of a download.
const (
	Whole         Way = iota
	Missing           // 404
	Expired           // 403, though the link is young
	Refused           // a redirect to a host that is not allowed
	Unreachable       // no answer
	Cut               // the body ends in the middle, with an error
	Page              // 200 with an error page
	Empty             // 200 without a byte
	Hanging           // headers, then no byte until the context ends
	WrongChecksum     // whole, but the source's CRC64 is another
	UnknownLength     // whole, but the length is not said
	OtherBytes        // whole, but not the same as before
)

// Once goes the given ways one after the other, and then whole.
func Once(ways ...Way) func(int) Way {
	return func(n int) Way {
		if n <= len(ways) {
			return ways[n-1]
		}
		return Whole
	}
}

// Always goes the same way each time.
func Always(w Way) func(int) Way { return func(int) Way { return w } }

// errorPage is what a source may send with status 200.
const errorPage = `<?xml version="1.0"?><Error><Code>InternalError</Code></Error>`

// errCut is the end of a body that was cut.
var errCut = fmt.Errorf("read media from %s: %w", Host, io.ErrUnexpectedEOF)

// download answers for one request of the file.
func (m *Media) download(ctx context.Context, now time.Time, way Way) (*archive.Download, error) {
	missing := m.Gone || now.Before(m.From)
	switch {
	case way == Unreachable:
		return nil, errors.New("open media: connection reset")
	case way == Refused:
		return nil, fmt.Errorf("open media: %w", archive.ErrLinkRefused)
	case way == Expired:
		return nil, fmt.Errorf("open media: %w", archive.ErrLinkExpired)
	case way == Missing, missing:
		return nil, fmt.Errorf("open media: %w", archive.ErrLinkMissing)
	}
	return m.answer(ctx, way), nil
}

// answer is the download of a file that is there.
func (m *Media) answer(ctx context.Context, way Way) *archive.Download {
	body := m.Body
	d := &archive.Download{ContentType: m.Type, Host: Host}
	switch way {
	case Page:
		body = []byte(errorPage)
	case Empty:
		body = nil
	case OtherBytes:
		body = append(bytes.Clone(body), 0)
	}
	d.Size, d.Body = int64(len(body)), io.NopCloser(bytes.NewReader(body))
	switch way {
	case Cut:
		d.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), failingReader{errCut}))
	case Hanging:
		d.Body = io.NopCloser(hangingReader{ctx})
	case WrongChecksum:
		d.CRC64 = strconv.FormatUint(crc64.Checksum(body, crcTable)+1, 10)
	case UnknownLength:
		d.Size = -1
	}
	return d
}

// hangingReader gives nothing until its context ends.
type hangingReader struct{ ctx context.Context }

func (r hangingReader) Read([]byte) (int, error) {
	<-r.ctx.Done()
	return 0, r.ctx.Err()
}
