package archive

import (
	"cmp"
	"fmt"
	"time"
)

// workload is what an estimate is made from. The estimate itself is pure: it asks nobody.
type workload struct {
	Options
	stretches []stretch
	ledgers   map[string]Ledger // by application
	looked    *sample
	counts    int  // requests that look for late calls, at the end of a run without a range
	nowhere   int  // applications without a manifest near the range: one is looked for elsewhere
	sweeps    bool // the bucket is asked for abandoned uploads
	shell     shell
	fan       *fan // several instances side by side; nil: one alone
}

// How fast one instance is. None of it was measured on a real account, which is why the plan says so in the words of assumed.
const (
	fileTakes    = 200 * time.Millisecond // a small file: a GET at the source, a PUT to the bucket
	windowTakes  = 300 * time.Millisecond // to list a small window and commit it
	bytesASecond = 20 << 20               // of media
	runTakes     = 880                    // seconds that a run of 900 s has for reading and copying
)

var assumed = fmt.Sprintf("%d MiB of media a second, %v s for a small file and %v s for a window, for each instance of %v MB; not measured",
	bytesASecond>>20, fileTakes.Seconds(), windowTakes.Seconds(), 1024*functionMemory)

// cost reckons what the plan takes.
func (w workload) cost() *Cost {
	c := &Cost{Rate: max(w.APIRate, 1), APIRequests: exactly(w.counts), Assumed: assumed, MediaClass: cmp.Or(w.MediaClass, standard),
		Sample: w.looked.report()}
	for _, s := range w.stretches {
		c.Calls += s.calls
		c.APIRequests = c.APIRequests.plus(s.pages())
	}
	c.APISeconds = paced(0, c.Rate, c.APIRequests, c.Rate)
	w.contents(c)
	c.Fleets = []Fleet{w.alone(c)}
	c.StoreRequests = c.Fleets[0].StoreRequests
	if w.fan != nil {
		c.Fleets = append(c.Fleets, w.together(c))
	}
	c.PriceBy(ListPrices)
	return c
}

// contents reckons what comes into the bucket: files, rows, and the books that tell of them. What cannot be told is nil.
func (w workload) contents(c *Cost) {
	unread, owed, fresh := 0, 0, 0
	for _, s := range w.stretches {
		unread += s.unread()
		owed += s.owed(w.ledgers[s.app])
		if s.fresh {
			fresh += len(s.tasks)
		}
	}
	if unread > 0 && len(w.looked.calls()) == 0 {
		return
	}
	if c.Files = w.looked.fileCount(); c.Files != nil {
		*c.Files = c.Files.plus(exactly(owed))
		c.MediaBytes = &Range{}
		if c.Files.Most > 0 {
			c.MediaBytes = w.looked.media(owed)
		}
	}
	c.RowBytes = w.looked.rowBytes().bounds()
	c.BookBytes = w.looked.bookBytes(w.shell, fresh).bounds()
}

// owed is how many files the manifests of a stretch owe.
func (s stretch) owed(ledger Ledger) (n int) {
	for _, t := range s.tasks {
		n += ledger[t.Window.Start.Unix()].Owed
	}
	return n
}

// pages is how many requests it takes to list the calls. Each window has a page, an empty one too, and one more for each further
// PageSize calls; which windows have many is not known where only their sum is.
func (s stretch) pages() Range {
	windows, full := len(s.tasks), (s.calls+PageSize-1)/PageSize
	return Range{int64(max(windows, full)), int64(windows + max(full-1, 0))}
}

// writes reckons what files and windows ask of the bucket. A file over 64 MiB asks more, once for each part.
func (w workload) writes(c *Cost) (sum StoreRequests) {
	if c.Files != nil {
		sum.Put = *c.Files
	}
	for _, s := range w.stretches {
		sum = sum.plus(s.commits(w.ledgers[s.app], c.Files == nil || c.Files.Most > 0))
	}
	return sum
}

// windows is how many windows of an application are in the plan.
func (w workload) windows(app string) (n int) {
	for _, s := range w.stretches {
		if s.app == app {
			n += len(s.tasks)
		}
	}
	return n
}

// commits is what the windows of a stretch ask of the bucket beside their files: recall.go and commit.go say when. media tells
// whether calls have files at all.
func (s stretch) commits(ledger Ledger, media bool) (sum StoreRequests) {
	if s.fresh {
		return s.creates(media)
	}
	for _, t := range s.tasks {
		sum = sum.plus(ledger[t.Window.Start.Unix()].rewrites())
	}
	return sum
}

// creates is what windows without a manifest ask: a manifest; with calls rows; with files an index, and a look at what a killed
// run left. Rows and an index that are not written are looked for, since a killed run may have left those, too.
func (s stretch) creates(media bool) StoreRequests {
	n := int64(len(s.tasks))
	busy := Range{Most: min(int64(s.calls), n)} // windows with calls
	busy.Least = min(busy.Most, 1)
	sum := StoreRequests{Put: exactly(len(s.tasks)).plus(busy), Head: Range{2*n - busy.Most, 2*n - busy.Least}}
	if media {
		sum.Put, sum.List = sum.Put.plus(Range{Most: busy.Most}), Range{Most: busy.Most}
		sum.Head.Least -= busy.Most
	}
	return sum
}

// rewrites is what a window with a manifest asks. It is read again, and written only where something changed: then manifest, rows
// and index are looked at before and after, and a window that would not be due otherwise is announced.
func (s Standing) rewrites() StoreRequests {
	sum := StoreRequests{Get: Range{1, 2}, Head: Range{1, 10}, Put: Range{0, 3}}
	switch {
	case s.Broken != "": // the bucket itself is read, and looked at file by file
		return StoreRequests{Get: Range{3, 4}, Head: Range{0, int64(9 + s.Files)}, Put: Range{1, 4}}
	case s.Calls == 0:
		sum.Get, sum.Head = exactly(1), Range{1, 7}
	}
	if s.State == Final || s.quiet() {
		sum.Head.Most, sum.Put.Most = sum.Head.Most+1, sum.Put.Most+1
	}
	return sum
}
