package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdrvault/devcloud"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/platform"
)

// openLog opens the file that the function's log is appended to; nil where it has no name.
func openLog(name string) (*os.File, error) {
	if name == "" {
		return nil, nil
	}
	return os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
}

// serveCloud serves until ctx ends. Where a shell reads the settings off a pipe, the Ctrl-C of its other commands must not end the
// cloud that they work on.
func (p Program) serveCloud(ctx context.Context, o devcloud.Options) error {
	end := "Ctrl-C ends it"
	if isPipe(p.Out) {
		leaveGroup()
		end = "kill $DEVCLOUD_PID ends it"
	}
	ctx, stop := whileDiskHolds(ctx, &o)
	defer stop()
	cloud, err := startLocal(ctx, o)
	if err != nil {
		return err
	}
	defer cloud.Close()
	if err := p.export(cloud.Settings()); err != nil {
		return err
	}
	fmt.Fprintf(p.Err, "serving a contact center with calls of %s, a bucket and a platform; %s\n", daysOf(o), end)
	<-ctx.Done()
	cloud.Close()
	p.recount(cloud.Platform().Stats())
	return unlessDisk(ctx, "devcloud", nil)
}

// isPipe tells whether somebody reads what is written, and waits for its end.
func isPipe(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	about, err := f.Stat()
	return err == nil && about.Mode()&os.ModeNamedPipe != 0
}

// daysOf names the days that have calls: 2026-11-20 … 2026-11-24, Asia/Shanghai.
func daysOf(o devcloud.Options) string {
	first := o.First.In(calls.Beijing)
	return fmt.Sprintf("%s … %s, Asia/Shanghai", first.Format(time.DateOnly), first.AddDate(0, 0, o.Days-1).Format(time.DateOnly))
}

// recount says what the platform did, if it did anything.
func (p Program) recount(s platform.Stats) {
	if len(s.Deliveries) == 0 && s.Sync == 0 {
		return
	}
	var parts []string
	if n := len(s.Deliveries); n > 0 {
		parts = append(parts, count(int64(n), "event")+" queued: "+joined(tally(s.Count(platform.Done), "done"),
			tally(s.Count(platform.Dead), "dead"), tally(s.Count(platform.Waiting), "waiting"), tally(s.Lost, "lost")))
	}
	if s.Sync > 0 {
		parts = append(parts, count(int64(s.Sync), "event")+" answered at once")
	}
	runs := count(int64(s.Starts), "start")
	if s.Most > 0 {
		runs += fmt.Sprintf(", at most %s side by side", count(int64(s.Most), "run"))
	}
	parts = append(parts, runs)
	if s.Refused > 0 {
		parts = append(parts, count(int64(s.Refused), "refusal")+" for the limit")
	}
	fmt.Fprintln(p.Err, "platform: "+strings.Join(parts, "; "))
	for _, d := range s.Deliveries {
		if d.Outcome == platform.Dead {
			fmt.Fprintf(p.Err, "dead: event %s after %s: %s\n", d.RequestID, count(int64(d.Failed), "failed run"), briefly(d.Last))
		}
	}
}

// briefly is an error of a run, whose causes come joined on one line, with each cause once and as far as a line bears.
func briefly(err error) string {
	parts := strings.Split(err.Error(), "; ")
	known := map[string]bool{}
	parts = slices.DeleteFunc(parts, func(part string) bool {
		name := causeOf(part)
		was := known[name]
		known[name] = true
		return was
	})
	return oneLine(errors.New(strings.Join(parts, "\n")))
}

// export prints settings as a shell reads them, and closes the output: whoever waits for its end goes on.
func (p Program) export(settings map[string]string) error {
	settings["DEVCLOUD_PID"] = strconv.Itoa(os.Getpid())
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if _, err := fmt.Fprintf(p.Out, "export %s=%s\n", name, quoted(settings[name])); err != nil {
			return fmt.Errorf("print settings: %w", err)
		}
	}
	if out, ok := p.Out.(io.Closer); ok {
		return out.Close()
	}
	return nil
}

// unexported has the shell fail that waits for settings: it would go on with those of another cloud, or of a real account.
func (p Program) unexported() {
	if isPipe(p.Out) {
		fmt.Fprintln(p.Out, "false") // into the void, where the settings were printed already
	}
}

// quoted is text as one word of a POSIX shell.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
