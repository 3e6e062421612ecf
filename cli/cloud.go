package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"cdrvault/devcloud"
	"cdrvault/devcloud/calls"
)

// local is a cloud on this machine, with what goes when it goes.
type local struct {
	*devcloud.Cloud
	scratch string // empty: the folder is the user's and stays
}

// startLocal starts a cloud. Without a folder in o it gets one that lasts as long as it does.
func startLocal(ctx context.Context, o devcloud.Options) (*local, error) {
	var l local
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "cdrvault-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the bucket: %w", err)
		}
		l.scratch, o.Dir = dir, dir
		o.Bucket.NoSync = true // nobody wants it back after a crash
	}
	var err error
	if l.Cloud, err = devcloud.Start(ctx, o); err != nil {
		l.Close()
		return nil, err
	}
	return &l, nil
}

// diskError is what the disk under a cloud refused.
type diskError struct{ error }

// whileDiskHolds is ctx, but ends with what the disk under a cloud of o refuses: whoever writes there would be told to try again, for
// minutes.
func whileDiskHolds(ctx context.Context, o *devcloud.Options) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	o.Bucket.Failed = func(err error) { end(diskError{err}) }
	return ctx, func() { end(nil) }
}

// unlessDisk is err, or what ended ctx where that was the disk.
func unlessDisk(ctx context.Context, command string, err error) error {
	if cause, ok := errors.AsType[diskError](context.Cause(ctx)); ok {
		return &exit{ExitFailed, fmt.Errorf("%s: keep the bucket: %w", command, cause), "make room there, or set TMPDIR to a folder that has some"}
	}
	return err
}

// Close ends the cloud and removes what was its own. What could not be removed lies in the system's folder for that.
func (l *local) Close() {
	if l.Cloud != nil {
		_ = l.Cloud.Close() // nobody is connected any more
	}
	if l.scratch != "" {
		_ = os.RemoveAll(l.scratch)
	}
}

// look looks a variable up in the cloud's settings: the environment of whoever works on it.
func (l *local) look() func(string) string {
	set := l.Settings()
	return func(name string) string { return set[name] }
}

// over is look, with what get knows where the cloud does not say.
func (l *local) over(get func(string) string) func(string) string {
	set := l.Settings()
	return func(name string) string {
		if value, ok := set[name]; ok {
			return value
		}
		return get(name)
	}
}

// traffic is what a cloud has been asked for.
type traffic struct {
	pages, downloads, writes int
}

// reads are the operations of a bucket that change nothing. Whatever is not among them counts as a write.
var reads = []string{"GetObject", "HeadObject", "GetBucket", "HeadBucket", "GetBucketVersioning", "ListParts", "ListMultipartUploads"}

func (l *local) traffic() traffic {
	asked, bucket := l.Center().Stats().Requests, l.Bucket().Counts()
	t := traffic{pages: asked["DescribeTelCdr"], downloads: asked["GetRecording"] + asked["GetTranscript"]}
	for _, n := range bucket {
		t.writes += n
	}
	for _, op := range reads {
		t.writes -= bucket[op]
	}
	return t
}

// since is the traffic after an earlier moment.
func (t traffic) since(before traffic) traffic {
	return traffic{t.pages - before.pages, t.downloads - before.downloads, t.writes - before.writes}
}

// lastWhole is the begin of the last day of which nothing is to come: the latest call of a made-up day is listed three
// hours after its end, the latest transcript is there after two.
func lastWhole(now time.Time) time.Time {
	y, m, d := now.Add(-4 * time.Hour).In(calls.Beijing).Date()
	return time.Date(y, m, d-1, 0, 0, 0, 0, calls.Beijing)
}
