package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"cdrvault/archive"
	"cdrvault/config"
)

// Exit codes: these and no others.
const (
	ExitOK     = 0 // done
	ExitFailed = 1 // the API, the bucket or the function failed, or verify found trouble, or the command was interrupted: try again, or a person must act
	ExitUsage  = 2 // a flag, a request or a setting is wrong: nothing was read from the API, nothing written
	ExitOwing  = 3 // done as far as possible now: files are owed, or windows are left; a later run goes on
)

const exitHelp = `Exit codes:
  0  done
  1  the API, the bucket or the function failed: try again, or mend what the error names;
     or verify found something missing, extra, changed or unproved; or Ctrl-C ended the command
  2  a flag, a request or a setting is wrong: nothing was read or written
  3  done as far as possible now: something is owed or left; a later run goes on
A second Ctrl-C ends a command by the signal itself, which a shell tells as 130.`

// exit is an error that knows its exit code and what to do about it.
type exit struct {
	code int
	err  error
	todo string // empty: the error says it all
}

func (e *exit) Error() string { return e.err.Error() }

func (e *exit) Unwrap() error { return e.err }

// misuse is the error of a command that was called in a way it cannot be.
func misuse(c *cobra.Command, format string, args ...any) error {
	return &exit{ExitUsage, fmt.Errorf(format, args...), "see " + c.CommandPath() + " -h"}
}

// failure is the error of a run, with the code that fits its cause.
func failure(err error) error {
	if known, ok := errors.AsType[*exit](err); ok { // it never came to the run
		return known
	}
	if wrong, ok := errors.AsType[*archive.RequestError](err); ok {
		return &exit{ExitUsage, fmt.Errorf("--%s: %s", flagOf(wrong.Field), wrong.Why), ""}
	}
	if _, ok := errors.AsType[*archive.SettingError](err); ok {
		return unsettled(err)
	}
	todo := "what is archived stays; run it again"
	if refused.MatchString(err.Error()) {
		todo = "" // the error says what to mend
	}
	return &exit{ExitFailed, err, todo}
}

// refused is the text of an error of a key or a permission, by the codes of the API and of the bucket: to run it again does not help.
var refused = regexp.MustCompile(`\b(UnauthorizedOperation|AuthFailure|AccessDenied|SignatureDoesNotMatch|InvalidAccessKeyId)\b`)

// unread is the error of a command that only reads, nil where it came to its end.
func unread(ctx context.Context, command string, err error) error {
	if ctx.Err() != nil {
		return &exit{ExitFailed, errors.New(command + ": interrupted"), ""}
	}
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*exit](failure(err)); ok && known.code == ExitUsage {
		return known
	}
	return &exit{ExitFailed, fmt.Errorf("%s: %w", command, err), ""}
}

// flagOf is the flag that stands for a field of an event.
func flagOf(field string) string {
	if field == "apps" {
		return "app"
	}
	return strings.ReplaceAll(field, "_", "-")
}

// unsettled is the error of an environment that no archive can be opened from.
func unsettled(err error) error {
	return &exit{ExitUsage, err, "see cdrvault settings"}
}

// report tells of err on standard error and gives the exit code. Wrong settings have a line each, so that all of them
// can be mended at once; everything else has one line.
func (p Program) report(err error) int {
	if err == nil {
		return ExitOK
	}
	if _, ok := errors.AsType[*config.Problems](err); ok {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintln(p.Err, "cdrvault: "+strings.TrimSpace(line))
		}
		return ExitUsage
	}
	known, ok := errors.AsType[*exit](err)
	if !ok {
		known = &exit{code: ExitFailed, err: err}
	}
	line := "cdrvault: " + oneLine(known.err)
	if known.todo != "" {
		line += " (" + known.todo + ")"
	}
	fmt.Fprintln(p.Err, line)
	return known.code
}

// lineLength bounds an error's line, in bytes: what does not fit is counted.
const lineLength = 320

// oneLine is an error on one line: joined errors have a line each, and the second may be of another kind than the first.
func oneLine(err error) string {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	all := lines[0]
	for i, line := range lines[1:] {
		if len(all)+len(line) > lineLength {
			return fmt.Sprintf("%s; and %d more", all, len(lines)-1-i)
		}
		all += "; " + line
	}
	return all
}
