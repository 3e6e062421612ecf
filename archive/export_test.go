package archive

import (
	"context"
	"io"
	"time"

	"cdrvault/cdr"
)

// What tests outside the package see of its inside.

// ListTasks gives the planner's answer to a timer event.
func ListTasks(g Grid, settle time.Duration, start, now time.Time, l Ledger) []Task {
	return planner{grid: g, settle: settle, start: start, now: now}.due("app", l)
}

// ListWatched gives the runs of windows that one count each is asked for.
func ListWatched(g Grid, settle time.Duration, now time.Time, l Ledger) [][]Window {
	return planner{grid: g, settle: settle, now: now}.watch(l)
}

// Span gives the windows of an asked range.
func Span(g Grid, now, from, to time.Time) (Window, []string, error) {
	return planner{grid: g, now: now}.span(Request{From: from, To: to})
}

// InBatches has rows packed as soon as they have so many bytes.
func InBatches(o *Options, bytes int) { o.batch = bytes }

// Judge tells what a download is.
func Judge(kind cdr.Kind, file []byte, declared string, talk int64) (contentType, suspect string, seconds *float64, err error) {
	head := file[:min(len(file), headSize)]
	v, err := judge(kind, head, int64(len(file)), declared, talk)
	return v.ContentType, v.Suspect, v.Seconds, err
}

// Together runs fs side by side.
func Together(fs ...func() error) error { return together(fs...) }

// InBackground gives what lets f begin, and what waits for its result.
func InBackground(f func() int) (begin func(), result func() int) { return inBackground(f) }

// Sizes that decide where a download waits.
const (
	SmallFile = smallFile
)

// Room is where downloads wait.
type Room struct{ scratch *scratch }

// NewRoom is room with size bytes on the disk in dir.
func NewRoom(dir string, size int64) Room { return Room{newScratch(dir, size)} }

// Waiting is a download that waits.
type Waiting struct {
	Body
	SHA256 string
	Where  string // memory, disk or nowhere
	Done   func()
}

// Take takes a download in.
func (r Room) Take(ctx context.Context, d *Download, again func(context.Context) (io.ReadCloser, error)) (Waiting, error) {
	sp, err := r.scratch.take(ctx, d)
	if err != nil {
		return Waiting{}, err
	}
	where := "nowhere"
	switch {
	case sp.buffer != nil:
		where = "memory"
	case sp.disk.whole():
		where = "disk"
	}
	return Waiting{sp.body(again), sp.sha, where, sp.Close}, nil
}

// SetHeavy lowers the number of calls above which a window's files are copied in slices.
func (a *Archiver) SetHeavy(calls int) { a.heavyCalls = calls }

// FunctionMemory is what plans take for the memory of an instance, in GB.
const FunctionMemory = functionMemory

// Buffer is the size of the buffer that a file of size bytes gets.
func (r Room) Buffer(size int64) int { return len(*r.scratch.buffer(size)) }

// Taken is how many bytes of the disk were ever given out.
func (r Room) Taken() int64 { return r.scratch.used * blockSize }

// FailDisk makes every further write to the disk fail, as a full one does.
func (r Room) FailDisk() { r.scratch.open().Close() }

// Close ends a run.
func (r Room) Close() { r.scratch.close() }

// Bounds are those of the sum of so many values more than some that are known.
func Bounds(some []float64, more float64) *Range { return extrapolate(some, more).bounds() }

// Student is the quantile that bounds rest on.
func Student(degrees float64) float64 { return student(degrees) }

// Grown is what a window weighs of which a part was packed.
func Grown(whole, halves, n, crowd int) float64 { return grown(whole, halves, n, crowd) }
