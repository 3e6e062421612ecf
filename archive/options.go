package archive

import (
	"os"
	"sync/atomic"
	"time"

	"cdrvault/cdr"
)

// Options say what an archive is. All fields are needed unless they say otherwise.
type Options struct {
	Apps        []string // contact-center applications
	Prefix      string   // of every key: empty, or with a slash at its end
	Grid        Grid
	Settle      time.Duration // how long after its end a window is compared with the API
	Start       time.Time     // from when the archive has to be complete; zero: from its oldest window
	Gzip        bool
	MediaClass  string // storage class of media; empty: STANDARD
	Kinds       map[cdr.Kind]bool
	MediaHost   func(host string) bool // may media come from this host ("h" or "h:port")?
	Concurrency int                    // copies in flight, over all windows
	Windows     int                    // windows in flight; 4 where 0
	APIRate     int                    // requests a second that source sends at most, all shares of a backfill together: plans and shares reckon with it; 0: not told
	Clock       func() time.Time       // time.Now where nil
	Meter       *Meter                 // the requests that source and store count; may be nil
	Scratch     string                 // folder for files that wait; os.TempDir() where empty
	Progress    *Progress              // may be nil
	Grace       time.Duration          // how long a run that is interrupted may still commit what it has in flight; 10 s where 0, none where negative
	Pause       time.Duration          // before a file is tried again, then twice as long each time up to 5 s; 200 ms where 0
	MostRows    int                    // calls from which on a window is written as several objects (see parts.go); 250,000 where 0
	Close       func()                 // gives up the connections at the end of the run; may be nil

	batch int // bytes of rows that are gathered before they are packed
}

// Progress is how far a run has come, for whoever watches it. Counters only grow; what LastError points to does not change.
type Progress struct {
	Windows, WindowsDone atomic.Int64
	WindowsFailed        atomic.Int64           // of those that are done
	LastError            atomic.Pointer[string] // of the last of these, in full; nil: none failed
	Calls                atomic.Int64
	Files, FilesDone     atomic.Int64
	Bytes                atomic.Int64 // media bytes stored
	Owed                 atomic.Int64 // files that windows owed when they were done
}

// fail takes a window's error in.
func (p *Progress) fail(err error) {
	text := err.Error()
	p.LastError.Store(&text)
	p.WindowsFailed.Add(1)
}

// Archiver archives. Its credentials live in source and store.
type Archiver struct {
	Options
	source  Source
	opener  Opener
	store   Store
	keys    keys
	scratch *scratch

	heavyCalls int // more calls make a window heavy
}

// New builds an Archiver.
func New(source Source, opener Opener, store Store, o Options) *Archiver {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Meter == nil {
		o.Meter = &Meter{}
	}
	if o.Progress == nil {
		o.Progress = &Progress{}
	}
	if o.Windows == 0 {
		o.Windows = 4
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	if o.Pause == 0 {
		o.Pause = 200 * time.Millisecond
	}
	if o.MostRows == 0 {
		o.MostRows = mostRows
	}
	if o.batch == 0 {
		o.batch = batchSize
	}
	if o.Scratch == "" {
		o.Scratch = os.TempDir()
	}
	return &Archiver{Options: o, source: source, opener: opener, store: store,
		keys: keys{prefix: o.Prefix, grid: o.Grid, gzip: o.Gzip}, scratch: newScratch(o.Scratch, scratchSize), heavyCalls: heavyCalls}
}
