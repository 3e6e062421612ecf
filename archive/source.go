package archive

import (
	"context"
	"encoding/json"
	"errors"
	"io"
)

// Source lists calls. Implementations keep the API's request limit, try transient faults again themselves and are
// safe for concurrent use; an error they return is final for this run. It wraps ErrTooLate where only the deadline made it so, and
// ErrDenied where every other request would fare alike. Errors carry the API's code and request id, never a phone number, a name
// or a link.
type Source interface {
	// Calls lists the calls of app around w and hands them to yield, page by page, each call as the API's own JSON.
	// It asks one second more on the left ([Start-1s, End]), so that every call of w is listed whether the API reads
	// its range as open or as closed: yield sees the neighbours' calls too. Pages come in any order; a call may be
	// repeated. yield is never called twice at once; its error ends the listing and is returned.
	Calls(ctx context.Context, app string, w Window, yield func(page []json.RawMessage) error) (Listing, error)

	// Count asks for the number of calls in w, and for nothing else: one request. The range asked is
	// [Start, End-1s], so a call in the first or last second is left out where the API reads its range as open.
	Count(ctx context.Context, app string, w Window) (int, error)

	// Sessions lists the calls of w with the given session ids afresh, in batches: their links are new.
	Sessions(ctx context.Context, app string, w Window, ids []string) ([]json.RawMessage, error)
}

// PageSize is how many calls one request brings at most (DescribeTelCdr, PageSize).
const PageSize = 100

// Listing is what one reading of a window amounted to.
type Listing struct {
	Total  int  // the API's TotalCount in its last answer
	Listed int  // distinct calls seen, neighbours included
	Agreed bool // the calls are proved to be all: as many as Total, which did not move while pages were read
	Reads  int  // how often the window was read until then

	// Repeated is how many entries of an agreed listing name a call that another entry names too.
	Repeated int
}

// Opener starts downloads of media links.
type Opener interface {
	// Open answers with the body once the source's headers say that it is a file: status 200 and, where the length
	// is not given, an encoding whose end can be told from a cut. It does not try again. The error wraps
	// ErrLinkRefused, ErrLinkExpired or ErrLinkMissing where one of them fits; everything else is transient. No
	// error names the link.
	Open(ctx context.Context, link string) (*Download, error)
}

// Download is a media file on its way in.
type Download struct {
	Body        io.ReadCloser // fails where the body ends before Size, or is cut
	Size        int64         // bytes; -1 where the source does not say
	ContentType string
	Host        string // the host that answered, after redirects: no path, no query
	CRC64       string // x-cos-hash-crc64ecma in decimal, where the source sends it; else empty
}

var (
	// ErrLinkRefused: the link, or a redirect of it, leaves the allowed hosts. Trying again changes nothing.
	ErrLinkRefused = errors.New("link refused")
	// ErrLinkExpired: the source answers 401 or 403. A fresh link may work.
	ErrLinkExpired = errors.New("link expired")
	// ErrLinkMissing: the source answers 404 or 410: not there yet, or gone.
	ErrLinkMissing = errors.New("file not at the source")
)

// ErrDenied: the API refuses whoever asks in this way, whatever the request: for the key, the permission, the region or the
// address it comes from.
var ErrDenied = errors.New("the API denies access")

// ErrTooLate: the API did not answer as it should, and another try would have begun after ctx's deadline. It is not
// context.DeadlineExceeded: that is what net's own timeouts claim to be, such as the one for opening a connection.
var ErrTooLate = errors.New("no time left to try again")
