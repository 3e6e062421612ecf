package archive

import (
	"math"
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
	fleet     int  // instances side by side
}

// How fast one instance is. None of it was measured on a real account, which is why the plan says so in the words of assumed.
const (
	fileTakes    = 200 * time.Millisecond // a small file: a GET at the source, a PUT to the bucket
	windowTakes  = 300 * time.Millisecond // to list a small window and commit it
	bytesASecond = 20 << 20               // of media
	runTakes     = 880                    // seconds that a run of 900 s has for reading and copying
)

const assumed = "20 MiB of media a second, 0.2 s for a small file and 0.3 s for a window, for each instance of 512 MB; not measured"

// cost reckons what the plan takes.
func (w workload) cost() *Cost {
	c := &Cost{Rate: max(w.APIRate, 1), APIRequests: exactly(w.counts), Assumed: assumed, Sample: w.looked.report()}
	for _, s := range w.stretches {
		c.Calls += s.calls
		c.APIRequests = c.APIRequests.plus(s.pages())
	}
	c.APISeconds = Range{divided(c.APIRequests.Least, c.Rate), divided(c.APIRequests.Most, c.Rate)}
	c.Files, c.MediaBytes, c.RowBytes = w.contents()
	c.StoreRequests = w.atBucket(c.Files)
	c.Price = w.price(c)
	c.Fleets = []Fleet{w.side(c, 1)}
	if w.fleet > 1 {
		c.Fleets = append(c.Fleets, w.side(c, w.fleet))
	}
	return c
}

// contents reckons what comes into the bucket: files and their bytes, and packed rows. What cannot be told is nil.
func (w workload) contents() (files, media, rows *Range) {
	unread, owed := 0, 0
	for _, s := range w.stretches {
		unread += s.unread()
		owed += s.owed(w.ledgers[s.app])
	}
	if unread > 0 && len(w.looked.files) == 0 {
		return nil, nil, nil
	}
	files = extrapolate(w.looked.files, float64(unread)).bounds()
	*files = files.plus(exactly(owed))
	media = w.looked.bytes(unread, owed)
	if files.Most == 0 {
		media = &Range{}
	}
	return files, media, extrapolate(w.looked.lines, float64(unread)).bounds()
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

// atBucket reckons the requests to the bucket: those of each file, each window, and the run. A file over 64 MiB has more, one for
// each part; and a run reads each manifest that no ledger tells of.
func (w workload) atBucket(files *Range) StoreRequests {
	sum := w.around()
	if files == nil {
		files = &Range{}
	}
	sum.Put = sum.Put.plus(*files)
	for _, s := range w.stretches {
		sum = sum.plus(s.commits(w.ledgers[s.app], files.Most > 0))
	}
	return sum
}

// around is what a run asks of the bucket beside its windows: each application's ledger and list of manifests, then to write
// down ledger and answer, and to look for abandoned uploads.
func (w workload) around() (sum StoreRequests) {
	sum.List = exactly(w.nowhere)
	for app, ledger := range w.ledgers {
		sum.Get = sum.Get.plus(exactly(1))
		sum.List = sum.List.plus(exactly(1 + len(ledger)/ListSize))
		if w.windows(app) > 0 {
			sum.Put = sum.Put.plus(exactly(1))
		}
	}
	if len(w.stretches) > 0 {
		sum.Put = sum.Put.plus(exactly(1))
		if w.sweeps {
			sum.List = sum.List.plus(exactly(1))
		}
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

// side reckons what the work takes with so many instances side by side. They share the API's limit, so that more of them make
// shorter only what it does not hold up.
func (w workload) side(c *Cost, instances int) Fleet {
	f := Fleet{Instances: instances, Seconds: Range{w.seconds(c, instances, Range.least), w.seconds(c, instances, Range.most)}}
	f.GBSeconds = f.Seconds.times(functionMemory * float64(instances))
	f.Invocations = Range{invocations(f.Seconds.Least, instances), invocations(f.Seconds.Most, instances)}
	f.Price = PriceRange{}.plus(f.GBSeconds, priceGBSecond).plus(f.Invocations, priceInvocation)
	return f
}

// seconds is how long it takes at one of the bounds. Reading, copying and committing go on at the same time: the slowest decides.
func (w workload) seconds(c *Cost, instances int, bound func(Range) int64) int64 {
	windows := 0
	for _, s := range w.stretches {
		windows += len(s.tasks)
	}
	work := float64(windows) * windowTakes.Seconds() / float64(max(w.Windows, 1))
	if c.Files != nil {
		work = max(work, float64(bound(*c.Files))*fileTakes.Seconds()/float64(max(w.Concurrency, 1)))
	}
	if c.MediaBytes != nil {
		work = max(work, float64(bound(*c.MediaBytes))/bytesASecond)
	}
	return int64(math.Ceil(max(float64(bound(c.APISeconds)), work/float64(instances))))
}

// invocations is how many runs the work takes: each instance has one after the other, and several need one that cuts the range.
func invocations(seconds int64, instances int) int64 {
	runs := int64(instances) * max(divided(seconds, runTakes), 1)
	if instances > 1 {
		runs++
	}
	return runs
}

// price is roughly what the bucket costs. Other classes than STANDARD have prices of their own, which are not known here.
func (w workload) price(c *Cost) *Price {
	p := &Price{Currency: "CNY", Basis: priceBasis, Requests: PriceRange{}.plus(c.StoreRequests.all(), priceRequest)}
	standard := w.MediaClass == "" || w.MediaClass == "STANDARD"
	if c.MediaBytes != nil && c.RowBytes != nil && standard {
		month := PriceRange{}.plus(c.MediaBytes.plus(*c.RowBytes), priceStored/gigabyte)
		p.StorageMonth = &month
	}
	return p
}
