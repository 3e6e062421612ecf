package cli

import (
	"cmp"
	"time"

	"cdrvault/archive"
)

// What is expected of a share depends on what became of its last run, as far as that can be told from outside: by the windows that
// it commits, and by the answer that it files. A run that fails files it at each of its tries. One that is killed files none, nor
// does one whose settings are wrong or that the bucket refuses altogether; for these, patience has to do.

const (
	// mostSends is how often a share is sent again without any progress.
	mostSends = 3
	// mostRunsFailed is how many runs of a share may fail, one after the other, before it is sent no more.
	mostRunsFailed = 2
	// mostTries is how often the platform tries an event whose runs fail, a minute apart, before it drops it (document 583/39851).
	mostTries = 3
	// restPatience is how long a share may stand still after its run ended, and no other one can have gone on by itself; after it
	// was not taken; or after a failure, by when another try should have told something.
	restPatience = 90 * time.Second
)

// sentShare is a share on its way.
type sentShare struct {
	request  archive.Request
	report   *archive.ShareReport
	left     int       // windows, at the last look
	moved    time.Time // when it last came further, or was sent
	again    int       // how often it was sent again since it came further
	runs     []string  // request ids, the last one last
	answered bool      // any of them is known to have ended
	untaken  error     // why it was not taken when it was sent last; nil: it was
	failed   int       // of the runs, those in a row that filed a failure
	tries    int       // of the last run, those that are known to have failed
	filed    time.Time // when the last of them was, by the bucket's clock
	heard    time.Time // when that was seen
	why      string    // its error
}

// note takes in how the share was sent.
func (s *sentShare) note(id string, err error) {
	s.moved, s.untaken = time.Now(), err
	if err != nil {
		return
	}
	s.runs, s.tries, s.filed = append(s.runs, id), 0, time.Time{}
	s.report.RequestID = s.runs[0]
	s.report.Sent++
}

// take notes how many windows are left, and tells whether the share has come further.
func (s *sentShare) take(left int) (moved bool) {
	if moved = left < s.left; moved {
		s.moved, s.again, s.failed, s.tries = time.Now(), 0, 0, 0
	}
	s.left = left
	return moved
}

// hear takes in how the last run ended, and tells whether that is a failure that was not told yet: the same cause at another try is
// no news.
func (s *sentShare) hear(end runEnd) (news bool) {
	if end.done || end.filed.Equal(s.filed) {
		return false
	}
	before := s.why
	s.why, s.filed, s.heard = cmp.Or(end.why, "see the function's log of request "+s.lastRun()), end.filed, time.Now()
	if s.tries++; s.tries == 1 {
		s.failed++
		return true
	}
	return causeOf(s.why) != causeOf(before)
}

// lastRun is empty where none was taken.
func (s *sentShare) lastRun() string {
	if len(s.runs) == 0 {
		return ""
	}
	return s.runs[len(s.runs)-1]
}

// spent tells whether sending the share again does not help.
func (s *sentShare) spent() bool {
	return s.again >= mostSends || s.failed >= mostRunsFailed || s.failed > 0 && refused.MatchString(s.why)
}

// dead tells whether nothing more is to be expected of the share: the platform has dropped its event, as far as that can be told,
// and another one does not help.
func (s *sentShare) dead() bool {
	dropped := s.tries >= mostTries || s.tries > 0 && time.Since(s.heard) > restPatience // a try between two looks is not seen
	return dropped && s.spent()
}

// patience is how long the share may stand still whose last run ended so, or did not end yet; most is what the user has. alone: no
// run goes on by itself, so what one left is sent at once, but only while that brings it further. Otherwise a rest may have been
// handed on, which no filed answer tells: the run that goes on with it is given its time, for two of one share would send more
// requests than its part of the limit.
func (s *sentShare) patience(end runEnd, most time.Duration, alone bool) time.Duration {
	switch {
	case s.untaken != nil:
	case !end.done, !alone && end.rest > 0:
		return most
	case alone && s.again == 0:
		return 0
	}
	return min(most, restPatience)
}
