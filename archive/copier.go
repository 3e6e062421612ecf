package archive

import (
	"context"
	"maps"
	"sync"
	"time"

	"cdrvault/cdr"
)

// copier brings the media files of one window into the bucket while its pages are still being read. An expired link is
// asked for anew; a file that cannot be had now is an outcome in the index, not an error.
type copier struct {
	run   *run
	ctx   context.Context // ends early enough to commit what was copied
	task  Task
	known index                  // what the window's earlier runs know of its files
	look  func()                 // begins to look for strays
	stray func() map[string]bool // keys that a run left which was killed before it could commit the window
	jobs  *queue[job]

	mu      sync.Mutex
	found   index           // outcomes of this run
	copied  map[string]bool // keys that this run stored
	bytes   int64
	wanted  map[string]bool
	expired []job
}

// job is one file to copy.
type job struct {
	file   File
	link   string    // a bearer secret
	born   time.Time // when the API gave the link
	talk   int64     // seconds of conversation
	absent bool      // the record itself says that there is no such file
	stray  bool      // the bucket has something under its key
	fresh  int       // how often the link was asked for anew
}

func (r *run) newCopier(t Task, was *past) *copier {
	c := &copier{run: r, ctx: r.soon, task: t, known: was.files, look: func() {}, stray: func() map[string]bool { return nil },
		found: index{}, copied: map[string]bool{}, wanted: map[string]bool{}}
	c.jobs = newQueue(r.Concurrency, func(j job) {
		j.stray = c.stray()[j.file.Key]
		r.copies <- struct{}{} // a place among the copies of all windows
		defer func() { <-r.copies }()
		c.work(j)
	})
	if (was.fresh || was.files.pending() > fewOwed || r.cuts[t.slot()] > 0) && !t.DryRun {
		c.look, c.stray = inBackground(c.listStrays)
	}
	return c
}

// fewOwed is up to how many owed files a window's folder is not listed for: each of them is refused by the bucket if it is
// there after all. That of a window whose files the shares copy together is listed anyway.
const fewOwed = 50

// listStrays lists the window's folder before its first file is copied, while the pages are read on: a request for each
// thousand files, and what a killed run, or another share, has copied need not be downloaded again. Where the listing fails,
// everything is copied, and the bucket refuses what it has.
func (c *copier) listStrays() map[string]bool {
	keys := map[string]bool{}
	folder := c.run.keys.hour(mediaFolder, c.task.App, c.task.Window)
	_ = c.run.store.List(c.ctx, folder, "", func(o Object) error {
		keys[o.Key] = true
		return nil
	})
	return keys
}

// want takes note of one file of a record, and has it copied unless the bucket has it or it cannot be had yet.
func (c *copier) want(rec cdr.Record, f cdr.File) {
	file := File{SessionID: rec.ID, Time: rec.Time, Kind: f.Kind, Index: f.Index,
		Key: c.run.keys.media(c.task.App, c.task.Window, rec.ID, f.Name), SourceHost: linkHost(f.Link)}
	if !c.first(file.Key) {
		return
	}
	known, ok := c.known[file.Key]
	switch {
	case ok && known.Status.stored():
		return
	case ok && known.Status == Lost && !c.task.Force:
		return
	case ok && known.Status == Refused && !c.task.Force && !c.allowedNow(known, f.Link):
		return
	case c.processing(rec, f):
		c.note(file, Pending, reasonProcessing)
		return
	case c.task.DryRun:
		c.note(file, Pending, "not copied: dry run")
		return
	}
	c.look()
	c.jobs.add(job{file: file, link: f.Link, born: c.run.Clock(), talk: rec.Talk,
		absent: f.Kind == cdr.ASR && rec.AsrStatus == "NotExists"})
}

// first tells whether key is asked for the first time in this run: pages are read again, and records repeat.
func (c *copier) first(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wanted[key] {
		return false
	}
	c.wanted[key] = true
	c.run.Progress.Files.Add(1)
	return true
}

const (
	reasonProcessing = "transcript is being made"
	reasonDeadline   = "not tried: the run's time was up"
	reasonHost       = "host is not among MEDIA_ALLOWED_HOSTS"
	reasonMissing    = "not at the source"
	reasonExpired    = "source refuses even a fresh link"
	reasonNoLink     = "link expired, and the API gives no other"
	reasonUnlisted   = "the API no longer lists its call"
)

// processing tells whether a transcript is still being made. Once the window is settled, nobody waits for it any more:
// what its link gives then is taken, or it is lost.
func (c *copier) processing(rec cdr.Record, f cdr.File) bool {
	return f.Kind == cdr.ASR && rec.AsrStatus == "Processing" && !c.task.Settled
}

// allowedNow tells whether a link that was refused for its host would be followed by now.
func (c *copier) allowedNow(known File, link string) bool {
	return known.Reason == reasonHost && c.run.MediaHost(linkHost(link))
}

// note records an outcome.
func (c *copier) note(f File, s Status, reason string) {
	f.Status, f.Reason = s, reason
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found[f.Key] = f
	c.run.Progress.FilesDone.Add(1)
}

// wait ends the copying: it lets every copy finish and asks for fresh links where they expired on the way.
func (c *copier) wait() error {
	for {
		if err := c.jobs.wait(); err != nil {
			return err
		}
		batch := c.takeExpired()
		if len(batch) == 0 {
			return nil
		}
		c.renew(batch)
	}
}

func (c *copier) takeExpired() []job {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.expired), renewBatch)
	batch := c.expired[:n]
	c.expired = c.expired[n:]
	return batch
}

// renewBatch is how many files get a fresh link at once: few enough that the last of them is still fresh when its turn
// comes.
const renewBatch = 50

// renew asks the API for the sessions of batch again and copies with the fresh links.
func (c *copier) renew(batch []job) {
	var ids []string
	for _, j := range batch {
		ids = append(ids, j.file.SessionID)
	}
	raws, err := c.run.source.Sessions(c.ctx, c.task.App, c.task.Window, ids)
	late := timeUp(c.ctx, err)
	if err != nil || late { // the window's rows were read: they are committed, whatever becomes of these files
		reason := reasonDeadline
		if !late {
			reason = plain(err)
		}
		for _, j := range batch {
			c.note(j.file, Pending, reason)
		}
		return
	}
	links := map[string]string{}
	norm := c.run.normalizer(c.task)
	for _, raw := range raws {
		if rec, err := norm.Normalize(raw); err == nil {
			for _, f := range rec.Files {
				links[c.run.keys.media(c.task.App, c.task.Window, rec.ID, f.Name)] = f.Link
			}
		}
	}
	for _, j := range batch {
		link, ok := links[j.file.Key]
		if !ok {
			c.unreachable(j, reasonNoLink)
			continue
		}
		j.link, j.born, j.fresh = link, c.run.Clock(), j.fresh+1
		c.jobs.add(j)
	}
}

// outcome is everything that is known of the window's files after this run. What earlier runs archived stays archived. proved
// tells whether the calls were read and proved to be all.
func (c *copier) outcome(proved bool) (index, error) {
	all := maps.Clone(c.known)
	if all == nil {
		all = index{}
	}
	for key, f := range c.found {
		if old, ok := all[key]; !ok || !old.Status.stored() {
			all[key] = f
		}
	}
	for key, f := range all {
		if f.Status == Pending && proved && !c.wanted[key] {
			f.Reason = reasonUnlisted
			all[key] = f
		}
	}
	return all, c.giveUp(all, proved)
}

// giveUp loses the files for which there is no hope, unless the bucket has them: a run that was killed may have copied them. Of
// one that the bucket does not tell about, nothing is known: it stays owed.
func (c *copier) giveUp(all index, proved bool) error {
	asked := newQueue(c.run.Concurrency, func(f File) {
		got, there, err := c.inBucket(f)
		if err != nil {
			return
		}
		if f.Status = Lost; there {
			f = got.File
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		all[f.Key] = f
	})
	var hopeless []File
	for _, f := range all {
		if c.hopeless(f, proved) {
			hopeless = append(hopeless, f)
		}
	}
	for _, f := range hopeless {
		asked.add(f)
	}
	return asked.wait()
}

// hopeless tells whether an owed file cannot be had any more: its window has settled, and either the calls were proved to be all
// and its own is not among them, or the source's three months have passed. Where time was up before a file was tried, nothing is
// known of it.
func (c *copier) hopeless(f File, proved bool) bool {
	if f.Status != Pending || !c.task.Settled || f.Reason == reasonDeadline {
		return false
	}
	return proved && !c.wanted[f.Key] || !c.run.Now.Before(goneBy(f.Time, c.task.Window))
}
