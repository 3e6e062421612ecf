package archive

import (
	"cmp"
	"math"
	"time"
)

// A backlog is worked off by one instance of the function, or by several side by side: then one run cuts it into shares, and each of
// these has runs of its own. Every run asks something for itself, so that together they ask more than one alone.

// fan is a backlog that is cut.
type fan struct {
	shares int   // that have something to do
	counts int   // requests to the API of the run that cuts
	pages  Range // requests to the API that list slices
	heavy  int   // windows of which slices are copied
	copied int   // calls of these, as far as they were counted
}

// fanned tells how a backlog would be cut, as deal does it; nil where one instance does it all. The request stays as it was.
func (r *run) fanned(stretches []stretch, tasks []Task) (*fan, error) {
	if !r.ranged() {
		return nil, nil
	}
	heavy, asked, err := r.heavies(stretches)
	if err != nil {
		return nil, err
	}
	defer func(shares int) { r.Shares = shares }(r.Shares)
	r.Shares = cmp.Or(r.Shares, UsualShares)
	if r.fewer(heavy); r.Shares < 2 {
		return nil, nil
	}
	f, cut := &fan{counts: asked}, r.slices(heavy)
	for _, s := range stretches {
		if !s.told {
			f.counts++
		}
	}
	for _, s := range heavy {
		if n := cut[r.windowName(s.tasks[0].slot())]; n > 0 {
			f.slice(n, s.calls)
		}
	}
	shares, _ := r.dealt(tasks, cut)
	if f.shares = len(shares); f.shares < 2 {
		return nil, nil
	}
	return f, nil
}

// slice adds what the slices of a window ask: each has a page, and one more for each further PageSize calls.
func (f *fan) slice(slices, calls int) {
	full := int(divided(int64(calls), PageSize))
	f.pages = f.pages.plus(Range{int64(max(slices, full)), int64(slices + full)})
	f.heavy, f.copied = f.heavy+1, f.copied+calls
}

// alone reckons what the work takes with one instance.
func (w workload) alone(c *Cost) Fleet {
	f := w.fleet(c, 1, 1, c.APISeconds)
	f.APIRequests = c.APIRequests
	again := f.Invocations.plus(Range{-1, -1})
	joins := Range{min(f.Seconds.Least/looksEvery, 1), min(f.Seconds.Most/looksEvery, 1)}
	f.StoreRequests = w.writes(c).plus(w.begin()).plus(w.beginAmong().each(again)).
		plus(w.end(joins).each(f.Invocations)).plus(w.looks(f))
	return f
}

// together reckons what it takes with a share for each of several instances. They share the API's limit, so that more of them make
// shorter only what it does not hold up.
func (w workload) together(c *Cost) Fleet {
	n, own := w.fan.shares, c.APIRequests.plus(w.fan.pages)
	rate := n * max(c.Rate/n, 1) // what each may ask is rounded down
	f := w.fleet(c, n, 1+n, paced(w.fan.counts, c.Rate, own, rate))
	f.APIRequests = own.plus(exactly(w.fan.counts))
	runs := f.Invocations.plus(Range{-1, -1}) // but for the one that cuts
	f.StoreRequests = w.writes(c).plus(w.begin()).plus(w.beginAmong().plus(w.end(Range{1, 1})).each(runs)).
		plus(w.looks(f)).plus(w.slices(c))
	return f
}

// fleet reckons time and money.
func (w workload) fleet(c *Cost, instances, first int, api Range) Fleet {
	f := Fleet{Instances: instances, Seconds: Range{w.seconds(c, instances, api, Range.least), w.seconds(c, instances, api, Range.most)}}
	f.GBSeconds = f.Seconds.times(functionMemory * float64(instances))
	more := func(seconds int64) int64 { return int64(instances) * (max(divided(seconds, runTakes), 1) - 1) }
	f.Invocations = exactly(first).plus(Range{more(f.Seconds.Least), more(f.Seconds.Most)})
	return f
}

// seconds is how long it takes at one of the bounds. Reading, copying and committing go on at the same time: the slowest decides.
func (w workload) seconds(c *Cost, instances int, api Range, bound func(Range) int64) int64 {
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
	return int64(math.Ceil(max(float64(bound(api)), work/float64(instances))))
}

// paced is how many seconds requests take at so many a second, after others at a rate of their own.
func paced(first, at int, then Range, rate int) Range {
	took := func(n int64) int64 { return int64(math.Ceil(float64(first)/float64(at) + float64(n)/float64(rate))) }
	return Range{took(then.Least), took(then.Most)}
}

// begin is what a run asks of the bucket before its first window: each application's ledger and list of manifests, and another
// manifest where none lies near the range.
func (w workload) begin() StoreRequests {
	sum := StoreRequests{Get: Range{int64(len(w.ledgers)), int64(len(w.ledgers) + w.nowhere)}, List: exactly(w.nowhere)}
	for _, ledger := range w.ledgers {
		sum.List = sum.List.plus(exactly(1 + len(ledger)/ListSize))
	}
	return sum
}

// beginAmong is begin of a run beside others, or after them: there are more manifests, but perhaps none of this run's own windows.
func (w workload) beginAmong() StoreRequests {
	apps := int64(len(w.ledgers))
	sum := StoreRequests{Get: Range{apps, 2 * apps}, List: Range{0, apps}}
	for app, ledger := range w.ledgers {
		sum.List = sum.List.plus(Range{1 + int64(len(ledger)/ListSize), 1 + int64((len(ledger)+w.windows(app))/ListSize)})
	}
	return sum
}

// end is what a run asks after its last window: it writes down ledgers and answer, and looks for abandoned uploads. joins tells whether
// it reads what others have kept of the ledgers first.
func (w workload) end(joins Range) (sum StoreRequests) {
	apps := 0
	for app := range w.ledgers {
		if w.windows(app) > 0 {
			apps++
		}
	}
	if apps == 0 {
		return sum
	}
	sum.Put, sum.Get = exactly(apps+1), joins.by(exactly(apps))
	if w.sweeps {
		sum.List = exactly(1)
	}
	return sum
}

// looksEvery is lookEvery in seconds.
const looksEvery = int64(lookEvery / time.Second)

// looks are the lists of manifests that runs of a fleet look at meanwhile.
func (w workload) looks(f Fleet) (sum StoreRequests) {
	looks := Range{f.Seconds.Least / looksEvery, f.Seconds.Most / looksEvery}.by(exactly(f.Instances))
	for app, ledger := range w.ledgers {
		if n := w.windows(app); n > 0 {
			sum.List = sum.List.plus(looks.by(Range{1, 1 + int64((len(ledger)+n)/ListSize)}))
		}
	}
	return sum
}

// slices are what the shares ask for slices, beside the files themselves: each lists the folder of each window, and the run that
// commits it looks at each file that it finds there.
func (w workload) slices(c *Cost) (sum StoreRequests) {
	if w.fan.heavy == 0 || c.Files == nil {
		return sum
	}
	files := c.Files.times(float64(w.fan.copied) / float64(max(c.Calls, 1)))
	lists := w.fan.heavy * w.fan.shares
	sum.List = Range{int64(lists), int64(lists) + files.Most/ListSize*int64(w.fan.shares+1)}
	sum.Head = Range{0, files.Most}
	return sum
}
