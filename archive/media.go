package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// work copies one file and records what came of it.
func (c *copier) work(j job) {
	if ended(c.ctx) {
		c.note(j.file, Pending, reasonDeadline)
		return
	}
	if j.stray {
		if adopted, _ := c.adopt(j.file); adopted {
			return
		}
	}
	got, err := c.copy(j)
	switch {
	case err == nil:
		c.have(got)
	case errors.Is(err, ErrLinkRefused):
		c.refused(j, err)
	case c.stale(j, err):
		c.mu.Lock()
		c.expired = append(c.expired, j)
		c.mu.Unlock()
	case errors.Is(err, ErrLinkMissing):
		c.missing(j)
	case errors.Is(err, ErrLinkExpired):
		c.unreachable(j, reasonExpired)
	case ended(c.ctx):
		c.note(j.file, Pending, reasonDeadline)
	default:
		c.note(j.file, Pending, plain(err))
	}
}

// stale tells whether a fresh link may help: the link has expired, or it gave a 404 where that is not believed yet. Some
// hosts word an expired link so, and before a file is called lost for ever it is asked for once more.
func (c *copier) stale(j job, err error) bool {
	switch {
	case errors.Is(err, ErrLinkExpired):
		return j.fresh < 2
	case errors.Is(err, ErrLinkMissing):
		return j.fresh == 0 && (c.givenUp(j) || c.run.Clock().Sub(j.born) > staleLink)
	}
	return false
}

// staleLink is the age from which a link's 404 is not believed.
const staleLink = time.Minute

// givenUp tells whether a file that the source does not have is lost: nobody makes it any more.
func (c *copier) givenUp(j job) bool { return c.task.Settled || j.absent }

// arrival is a file that the bucket has, and whether this run brought it.
type arrival struct {
	File
	mine bool
}

func (c *copier) have(got arrival) {
	c.note(got.File, got.Status, got.Reason)
	if !got.mine {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.copied[got.Key] = true
	c.bytes += got.Bytes
	c.run.Progress.Bytes.Add(got.Bytes)
}

func (c *copier) refused(j job, err error) {
	reason := plain(err)
	if !c.run.MediaHost(linkHost(j.link)) {
		reason = reasonHost
	}
	c.note(j.file, Refused, reason)
}

// missing is a file that the source does not have: not yet, or not any more.
func (c *copier) missing(j job) {
	switch adopted, err := c.adopt(j.file); {
	case adopted:
	case err != nil: // the bucket may have it: nothing is lost that was not looked for
		c.note(j.file, Pending, reasonMissing)
	case c.givenUp(j):
		c.note(j.file, Lost, reasonMissing)
	default:
		c.note(j.file, Pending, reasonMissing)
	}
}

// unreachable is a file whose links the source does not honour, or does not give. That proves nothing about the file.
func (c *copier) unreachable(j job, reason string) {
	if adopted, _ := c.adopt(j.file); !adopted {
		c.note(j.file, Pending, reason)
	}
}

// adopt takes in a file that was archived by a run that died before it could say so. An error says that the bucket could
// not be asked.
func (c *copier) adopt(f File) (bool, error) {
	got, there, err := c.inBucket(f)
	if there {
		c.have(got)
	}
	return there, err
}

// inBucket gives a file as it lies in the bucket, if it does with a story of ours that holds.
func (c *copier) inBucket(f File) (got arrival, there bool, err error) {
	attrs, err := c.run.store.Stat(c.ctx, f.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return got, false, nil
	}
	if err != nil || !trustworthy(attrs) {
		return got, false, err
	}
	return fromBucket(f, attrs), true, nil
}

// copy downloads, judges and stores one file, and tries again where that may help: the whole way from the link to the
// bucket, since a half of it is of no use.
func (c *copier) copy(j job) (arrival, error) {
	return backoff.Retry(c.ctx, func() (arrival, error) {
		got, err := c.once(j)
		for _, final := range []error{ErrLinkRefused, ErrLinkExpired, ErrLinkMissing, errStore} {
			if errors.Is(err, final) {
				return got, backoff.Permanent(err)
			}
		}
		return got, err
	}, backoff.WithBackOff(c.run.backoff()), backoff.WithMaxTries(mediaTries))
}

// mediaTries is how often a run tries one file; the next run goes on.
const mediaTries = 4

// errStore marks an error of the bucket, which has tried again itself.
var errStore = errors.New("bucket")

func (c *copier) once(j job) (arrival, error) {
	down, err := c.run.opener.Open(c.ctx, j.link)
	if err != nil {
		return arrival{}, err
	}
	file := j.file
	file.SourceHost = down.Host
	got, err := c.run.scratch.take(c.ctx, down)
	if err != nil {
		return arrival{}, fmt.Errorf("download: %w", err)
	}
	defer got.Close()
	v, err := judge(file.Kind, got.head, got.size, down.ContentType, j.talk)
	if err != nil {
		return arrival{}, err
	}
	file.Status, file.Reason = Archived, ""
	if v.Suspect != "" {
		file.Status, file.Reason = Suspect, v.Suspect
	}
	file.Bytes, file.SHA256, file.CRC64 = got.size, got.sha, strconv.FormatUint(got.crc, 10)
	file.ContentType, file.Seconds = v.ContentType, v.Seconds
	return c.put(file, got, j.link)
}

// put stores a judged file. Dying before it leaves nothing, dying after it leaves a file that the next run finds.
func (c *copier) put(file File, got *spool, link string) (arrival, error) {
	body := got.body(func(ctx context.Context) (io.ReadCloser, error) {
		again, err := c.run.opener.Open(ctx, link)
		if err != nil {
			return nil, err
		}
		return again.Body, nil
	})
	o := PutOptions{ContentType: file.ContentType, Meta: c.run.mediaMeta(c.task, file), Class: c.run.MediaClass, CreateOnly: true}
	err := c.send(file, body, o)
	if errors.Is(err, fs.ErrExist) {
		return c.compare(file, body, o)
	}
	if err != nil {
		return arrival{}, fmt.Errorf("%w: %w", errStore, err)
	}
	return arrival{file, true}, nil
}

// send puts a file.
func (c *copier) send(file File, body Body, o PutOptions) error {
	return c.run.budget.timedIfSmall(file.Bytes, func() error { return c.run.store.Put(c.ctx, file.Key, body, o) })
}

// compare decides what becomes of a key that holds other bytes already. What a run of ours stored whole, and what the
// bucket still has so, stays: the source may encode a file anew, and nothing archived is replaced. Anything else (no
// story, or a story that the bucket contradicts) is written again.
func (c *copier) compare(file File, body Body, o PutOptions) (arrival, error) {
	attrs, err := c.run.store.Stat(c.ctx, file.Key)
	if err == nil && trustworthy(attrs) {
		return fromBucket(file, attrs), nil
	}
	o.CreateOnly = false
	if err := c.run.store.Put(c.ctx, file.Key, body, o); err != nil {
		return arrival{}, fmt.Errorf("%w: %w", errStore, err)
	}
	return arrival{file, true}, nil
}

// trustworthy tells whether an object's story agrees with what the bucket itself says of its bytes.
func trustworthy(a Attrs) bool {
	return a.Meta[metaSHA256] != "" && a.HasCRC && a.Meta[metaCRC64] == strconv.FormatUint(a.CRC64, 10)
}

// fromBucket tells of an archived file by its object.
func fromBucket(f File, a Attrs) arrival {
	f.Status, f.Reason = Archived, ""
	f.Bytes, f.CRC64, f.SHA256 = a.Size, strconv.FormatUint(a.CRC64, 10), a.Meta[metaSHA256]
	f.ContentType, f.SourceHost = a.ContentType, a.Meta[metaHost]
	if s, err := strconv.ParseFloat(a.Meta[metaSeconds], 64); err == nil {
		f.Seconds = &s
	}
	if why := a.Meta[metaSuspect]; why != "" {
		f.Status, f.Reason = Suspect, why
	}
	return arrival{File: f}
}

// plain is an error's text for the books.
func plain(err error) string { return clip(err.Error(), errorText) }

// linkHost is the host of a link, with its port where it names one; empty where there is none.
func linkHost(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Host
}
