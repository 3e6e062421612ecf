package handler

import (
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"cdrvault/archive"
)

// Kind says where the cause of a failed invocation is to be looked for.
type Kind string

// The kinds of failed invocations.
const (
	KindEvent    Kind = "event"    // the event asks for something that cannot be run: mend the event
	KindSettings Kind = "settings" // the environment is wrong or incomplete: mend the function's settings
	KindArchive  Kind = "archive"  // the API or the bucket refused or could not be reached: trying again can help
	KindInvoke   Kind = "invoke"   // the platform did not take the events of a backfill's shares: mend what the error names
)

// RunError is the only error that leaves the function: the platform's console shows the name of an error's type.
// Its text is one line of at most 2 KB without keys, tokens or signed links.
type RunError struct {
	Kind  Kind
	err   error
	text  string // of err, cleaned; made by conceal
	stack []byte // of a panic
}

func (e *RunError) Error() string { return e.text }

// Unwrap gives the cause. Its own text may have several lines.
func (e *RunError) Unwrap() error { return e.err }

// kindOf tells a request or a setting that no run can be made with from a run that failed.
func kindOf(err error) Kind {
	if _, ok := errors.AsType[*archive.RequestError](err); ok {
		return KindEvent
	}
	if _, ok := errors.AsType[*archive.SettingError](err); ok {
		return KindSettings
	}
	return KindArchive
}

// stackOf is where a panic happened that the archive caught in a goroutine of its own.
func stackOf(err error) []byte {
	type panicked interface {
		error
		Stack() string
	}
	if p, ok := errors.AsType[panicked](err); ok {
		return []byte(p.Stack())
	}
	return nil
}

// newPanicError keeps the stack for the log. The text of a panic of our own making may quote a record, so only its
// type is told; the runtime's own panics speak of types and indexes alone.
func newPanicError(v any) *RunError {
	err := fmt.Errorf("panic of type %T", v)
	if re, ok := errors.AsType[runtime.Error](asError(v)); ok {
		err = fmt.Errorf("panic: %w", re)
	}
	return &RunError{Kind: KindArchive, err: err, stack: debug.Stack()}
}

func asError(v any) error {
	err, _ := v.(error)
	return err
}

// conceal makes err fit to be seen. The layers below promise not to put secrets into errors; this is the last place
// where a promise that was broken can be mended.
func (in *invocation) conceal(err error) error {
	e, ok := errors.AsType[*RunError](err)
	if !ok {
		e = &RunError{Kind: KindArchive, err: err}
	}
	text := e.err.Error()
	if e.Kind != KindEvent { // the texts of event errors begin with the word
		text = string(e.Kind) + ": " + text
	}
	e.text = in.clean(text)
	return e
}

// maxText bounds an error's text, in bytes: consoles and alarms cut longer ones where they please.
const maxText = 2000

// clean makes text one bounded line without this invocation's credentials and without the paths of links.
func (in *invocation) clean(text string) string {
	for _, name := range credentials {
		if v := in.get(name); len(v) >= 4 { // a shorter one is a test's, and part of many words
			text = strings.ReplaceAll(text, v, "***")
		}
	}
	return clip(oneLine(cutLinks(text)), maxText)
}

var link = regexp.MustCompile(`(?i)\b(https?://)([^\s"'/?#<>]*@)?([^\s"'/?#<>@]*)([/?#][^\s"'<>]*)?`)

// cutLinks leaves scheme and host of each link: a media link's path or query is its key.
func cutLinks(text string) string {
	return link.ReplaceAllStringFunc(text, func(s string) string {
		part := link.FindStringSubmatch(s)
		if rest := strings.TrimRight(part[4], ":;,.)"); len(rest) > 1 {
			return part[1] + part[3] + "/…" + part[4][len(rest):]
		}
		return part[1] + part[3] + part[4]
	})
}

// oneLine joins lines, such as those of joined errors, with "; ", and a heading with what follows by a blank.
func oneLine(text string) string {
	var b strings.Builder
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		switch s := b.String(); {
		case line == "":
			continue
		case s == "":
		case strings.HasSuffix(s, ":"):
			b.WriteByte(' ')
		default:
			b.WriteString("; ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// clip cuts text to n bytes, between runes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	n -= len("…")
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}
