package archive

import (
	"maps"
	"time"
)

// A backfill works for a long time on what it found missing when it began. Meanwhile the timer's runs go on, and a share may
// have been started twice: what they commit need not be read again. So a run looks at the listing of the manifests again,
// now and then, and passes over the windows that lack nothing any more. It is a saving and nothing more: a run that misses it
// reads the window, and finds it as it should be.

// lookEvery is how often a run looks again, by its clock: one listing request for each thousand manifests.
const lookEvery = time.Minute

// unheard gives, by application, the range of the windows that had no manifest when the tasks were planned.
func unheard(tasks []Task) map[string]Window {
	byApp := map[string][]Task{}
	for _, t := range tasks {
		if t.Unheard {
			byApp[t.App] = append(byApp[t.App], t)
		}
	}
	spans := map[string]Window{}
	for app, tasks := range byApp {
		spans[app] = hull(tasks)
	}
	return spans
}

// lookAgain takes the manifests that others have written meanwhile into the run's ledgers.
func (p *pass) lookAgain() {
	if len(p.unheard) == 0 || p.Force || ended(p.soon) || !p.dueToLook() {
		return
	}
	for app, span := range p.unheard {
		p.lookAt(app, span)
	}
}

// dueToLook tells whether it is time to look again; if so, nobody else will for a while.
func (p *pass) dueToLook() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Clock()
	if now.Sub(p.looked) < lookEvery {
		return false
	}
	p.looked = now
	return true
}

// lookAt reads the manifests of a span that the run has not heard of. Where that fails, it has not heard of them still.
func (p *pass) lookAt(app string, span Window) {
	var refs []manifestRef
	begin, end := p.keys.afterDay(app, span.Start), p.keys.afterDay(app, span.End.AddDate(0, 0, 1))
	_ = p.listManifests(p.soon, app, begin, end, func(ref manifestRef) error {
		if span.Contains(ref.window.Start.Unix()) && p.concerns(app, ref.window) && !p.knows(app, ref.window) {
			refs = append(refs, ref)
		}
		return nil
	})
	found, fresh := Ledger{}, shortcut{Windows: map[string]stamped{}}
	_ = p.readStandings(p.soon, app, refs, found, fresh)
	p.mu.Lock()
	defer p.mu.Unlock()
	for start, s := range found {
		if _, known := p.ledgers[app][start]; !known { // this run may have committed it while the listing was read
			p.ledgers[app][start] = s
		}
	}
	maps.Copy(p.shortcuts[app].Windows, fresh.Windows)
}

// knows tells whether a window is committed, as far as the run has heard.
func (p *pass) knows(app string, w Window) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.ledgers[app][w.Start.Unix()]
	return ok
}
