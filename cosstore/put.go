package cosstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"

	"github.com/tencentyun/cos-go-sdk-v5"

	"cdrvault/archive"
)

// put is one Put under way.
type put struct {
	archive.PutOptions
	store *Store
	key   string
	body  archive.Body

	// ours: a write of this very Put was acknowledged, but what lies under the key is not the body. It is ours to
	// replace, CreateOnly or not.
	ours bool
}

// Put stores body under key: in one request, or in parts where it is larger than MultipartAbove. A fault of the body
// itself (it cannot be opened, stands still, cannot be read, or is not of its size) ends the Put at once, with the body's error.
func (s *Store) Put(ctx context.Context, key string, body archive.Body, o archive.PutOptions) error {
	if err := errors.Join(checkKey(key), checkMeta(o.Meta), checkSize(body.Size)); err != nil {
		return failure("put", key, err)
	}
	p := &put{PutOptions: o, store: s, key: key, body: body}
	if done, err := p.present(ctx); done || err != nil {
		return err
	}
	if body.Size <= s.multipartAbove {
		return s.retry(ctx, "put", key, func() error { return p.whole(ctx) })
	}
	buf, err := s.takeBuffer(ctx, body.Size)
	if err != nil {
		return failure("put", key, err)
	}
	defer s.giveBuffer(buf)
	return s.retry(ctx, "put", key, func() error { return p.inParts(ctx, buf) })
}

// whole is one PUT of the whole body.
func (p *put) whole(ctx context.Context) error {
	r, err := p.open(ctx)
	if err != nil {
		return failure("put", p.key, err)
	}
	defer r.Close()

	resp, err := p.store.client.Object.Put(ctx, p.key, p.reader(r), &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: p.headers(p.forbidOverwrite()),
	})
	if fault := r.fault(); fault != nil {
		return failure("put", p.key, fault)
	}
	if err != nil {
		return p.refused(ctx, answerError("put", p.key, err))
	}
	if resp.Header.Get("X-Cos-Version-Id") != "" {
		p.store.versioned.Store(true)
	}
	return p.prove(ctx, resp.Header)
}

// present looks before it leaps where the bucket has versions: there x-cos-forbid-overwrite has no effect, and a create-only
// write would replace what is there. Another writer may still come between the look and the write.
func (p *put) present(ctx context.Context) (done bool, err error) {
	if !p.CreateOnly || !p.store.versioned.Load() {
		return false, nil
	}
	there, err := p.store.Stat(ctx, p.key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case p.same(there) && p.tells(there):
		return true, nil
	}
	return false, failure("put", p.key, fs.ErrExist)
}

func (p *put) open(ctx context.Context) (*exact, error) {
	return openBody(ctx, p.body, p.store.stall)
}

// reader is r in the form that the SDK sends with a length: of nothing it makes a chunked request unless it is handed
// a reader of the standard library.
func (p *put) reader(r *exact) io.Reader {
	if p.body.Size == 0 {
		return bytes.NewReader(nil)
	}
	return r
}

// headers describes the object, for a PUT and for the start of an upload in parts.
func (p *put) headers(extra http.Header) *cos.ObjectPutHeaderOptions {
	meta := make(http.Header, len(p.Meta))
	for name, value := range p.Meta {
		meta.Set(metaPrefix+name, value)
	}
	p.store.sse.setKey(extra)
	return &cos.ObjectPutHeaderOptions{
		ContentType:              cmp.Or(p.ContentType, "application/octet-stream"), // COS wants one
		ContentLength:            p.body.Size,
		XCosMetaXXX:              &meta,
		XCosStorageClass:         p.Class,
		XCosServerSideEncryption: p.store.sse.algorithm,
		XOptionHeader:            &extra,
	}
}

// forbidOverwrite is the header that makes the bucket refuse a key that exists, where that is wanted.
func (p *put) forbidOverwrite() http.Header {
	h := make(http.Header)
	if p.CreateOnly && !p.ours {
		h.Set("x-cos-forbid-overwrite", "true")
	}
	return h
}

// refused handles a write that was not acknowledged. Two refusals may come from our own success: the answer to an
// earlier attempt was lost, and the repetition meets what it wrote.
func (p *put) refused(ctx context.Context, err error) error {
	var e *Error
	if errors.As(err, &e) && (e.Code == "FileAlreadyExists" && p.CreateOnly || e.Code == "NoSuchUpload") {
		return p.settle(ctx, e)
	}
	return err
}

// settle looks at what lies under the key after a refusal.
func (p *put) settle(ctx context.Context, refusal *Error) error {
	there, err := p.store.Stat(ctx, p.key)
	switch {
	case err == nil && p.same(there) && p.tells(there):
		return nil
	case err == nil && p.CreateOnly:
		e := *refusal
		e.Err = fs.ErrExist
		return &e
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return refusal.again() // someone removed the object, or the upload
	}
	return failure("put", p.key, errors.Join(errors.New("outcome unknown"), err))
}

// errUnproved: the bucket acknowledged a write, but does not show the body.
var errUnproved = errors.New("the bucket's length or CRC64 is not the body's")

// prove holds an acknowledged write against the CRC64 of the answer, and where that is missing or odd against what
// the bucket says of the object.
func (p *put) prove(ctx context.Context, h http.Header) error {
	if sum, ok := crcOf(h); ok && sum == p.body.CRC64 {
		return nil
	}
	there, err := p.store.Stat(ctx, p.key)
	if err == nil && p.same(there) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failure("put", p.key, errors.Join(errors.New("outcome unknown"), err))
	}
	p.ours = true
	return failure("put", p.key, errUnproved).again()
}

// tells tells whether the object there carries the whole story that we gave it. Another run may have stored the same bytes
// at another time, when there was something else to tell of them.
func (p *put) tells(there archive.Attrs) bool {
	for name, value := range p.Meta {
		if there.Meta[name] != value {
			return false
		}
	}
	return true
}

// same tells whether the object there is this very body. The digest in its metadata is compared too: a reader that
// rests on it must not find another one.
func (p *put) same(there archive.Attrs) bool {
	const digest = "content-sha256"
	return there.Size == p.body.Size && there.HasCRC && there.CRC64 == p.body.CRC64 &&
		there.Meta[digest] == p.Meta[digest]
}
