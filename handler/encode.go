package handler

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"cdrvault/archive"
)

// Encode writes the event that decodes to q: the form in which a run is handed to another invocation. The id is not in it, for
// the platform names every run; now is, so that a rest of a timer's run is planned for the time at which the timer fired. It is
// a manual event even then: who asked first is nobody's concern, and one form is enough. Shares 0 comes back as 1, which means
// the same. An event is under 128 KB; a request that needs more, or that no event can say, is an error.
func Encode(q archive.Request) ([]byte, error) {
	payload, err := json.Marshal(eventOf(q))
	if err != nil {
		return nil, fmt.Errorf("write event: %w", err)
	}
	if len(payload) >= maxEvent {
		return nil, fmt.Errorf("write event: %d bytes; at most %d are taken", len(payload), maxEvent-1)
	}
	// Read back, because what the other side would refuse has to be known on this one.
	if _, _, err := decode(payload, func() time.Time { return q.Now }); err != nil {
		return nil, fmt.Errorf("write event: %w", err)
	}
	return payload, nil
}

// written is a manual event as Encode writes it. What is empty is left out.
type written struct {
	Mode   archive.Mode   `json:"mode"`
	Now    string         `json:"now,omitempty"`
	From   string         `json:"from,omitempty"`
	To     string         `json:"to,omitempty"`
	Apps   []string       `json:"apps,omitempty"`
	Force  bool           `json:"force,omitempty"`
	DryRun bool           `json:"dry_run,omitempty"`
	Deep   bool           `json:"deep,omitempty"`
	Repair bool           `json:"repair,omitempty"`
	Order  archive.Order  `json:"order,omitempty"`
	Shares int            `json:"shares,omitempty"`
	Share  string         `json:"share,omitempty"`
	Slices map[string]int `json:"slices,omitempty"`
	Chain  int            `json:"chain,omitempty"`
}

func eventOf(q archive.Request) written {
	e := written{
		Mode: cmp.Or(q.Mode, archive.ModeArchive), Now: stamp(q.Now), From: stamp(q.From), To: stamp(q.To), Apps: q.Apps,
		Force: q.Force, DryRun: q.DryRun, Deep: q.Deep, Repair: q.Repair,
		Order: q.Order, Shares: q.Shares, Slices: q.Slices, Chain: q.Chain,
	}
	switch {
	case q.Share != archive.Share{}:
		e.Share = q.Share.String()
	case q.Mode == archive.ModeBackfill:
		e.Shares = max(q.Shares, 1) // left out, it would be cut
	}
	return e
}

// stamp is a time as an event spells it, to the nanosecond; empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
