package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"cdrvault/archive"
)

// scope is what a command is to look at: a range of time, and applications.
type scope struct {
	from, to string
	apps     []string
}

// rangeFlags adds the flags of the range.
func (s *scope) rangeFlags(c *cobra.Command) {
	c.Flags().StringVar(&s.from, "from", "", "begin of the range: a date, or a time of RFC 3339")
	c.Flags().StringVar(&s.to, "to", "", "end of the range, not in it")
}

// appFlag adds the flag of the applications.
func (s *scope) appFlag(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.apps, "app", nil, "an application of CCC_SDK_APP_IDS; may be repeated (all)")
}

// request is q with what the flags ask for. Dates are those of zone.
func (s scope) request(q archive.Request, zone *time.Location) (archive.Request, error) {
	q.ID, q.Apps = newID(), s.apps
	var errFrom, errTo error
	q.From, errFrom = moment("from", s.from, zone)
	q.To, errTo = moment("to", s.to, zone)
	if err := errors.Join(errFrom, errTo); err != nil {
		return q, err
	}
	if q.From.IsZero() != q.To.IsZero() {
		return q, errors.New("--from and --to go together; give both, or neither")
	}
	return q, nil
}

// moment reads a date of zone, or a time that brings its own. Empty is the zero time.
func moment(flag, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("--%s: want a date like 2026-11-22 or a time like 2026-11-22T05:00:00+08:00", flag)
	}
	return t, nil
}

// open opens the archive that the environment names, and gives q with what the flags ask for. watch may be nil.
func (p Program) open(
	c *cobra.Command, s scope, q archive.Request, watch *archive.Progress,
) (*archive.Archiver, archive.Request, error) {
	if _, err := s.request(q, time.UTC); err != nil { // before all settings: the zone changes dates, not their form
		return nil, q, misuse(c, "%v", err)
	}
	a, err := p.Open(p.Get, q, watch)
	if err != nil {
		return nil, q, unsettled(err)
	}
	if q, err = s.request(q, a.Grid.Zone); err != nil {
		return nil, q, misuse(c, "%v", err)
	}
	if !q.From.IsZero() && !q.From.Before(q.To) {
		return nil, q, misuse(c, "--from: must be before --to")
	}
	return a, q, nil
}

// do runs what q and the flags ask for, while show tells how far it has come. The answer is nil where nothing was begun.
func (p Program) do(
	c *cobra.Command, s scope, q archive.Request, show func(*archive.Progress) (stop func()),
) (*archive.Report, error) {
	var watch archive.Progress
	a, q, err := p.open(c, s, q, &watch)
	if err != nil {
		return nil, err
	}
	stop := show(&watch)
	defer stop()
	answer, err := a.Run(c.Context(), q)
	if _, ok := errors.AsType[*archive.SettingError](err); ok {
		return nil, err
	}
	return answer, err
}
