package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"cdrvault/archive"
	"cdrvault/devcloud"
	"cdrvault/devcloud/fault"
	"cdrvault/devcloud/platform"
)

// invokeLocally works on a cloud on this machine, which lasts until the function has nothing left in its queue.
func (p Program) invokeLocally(c *cobra.Command, f invokeFlags, script *fault.Script, event []byte) error {
	o, err := p.invokeOptions(f, script)
	if err != nil {
		return err
	}
	ctx, end := whileDiskHolds(c.Context(), &o)
	defer end()
	cloud, err := startLocal(ctx, o)
	if err != nil {
		return err
	}
	defer cloud.Close()
	get := cloud.over(p.Get)
	answer, err := p.invokeFor(ctx, c, f, script, get, event)
	idle := cloud.Platform().WaitIdle(ctx) // where Ctrl-C ends it, what was queued ends with the cloud
	p.recount(cloud.Platform().Stats())
	switch {
	case err == nil && idle != nil:
		err = &exit{ExitFailed, errors.New("invoke: interrupted: what was queued went with its cloud"), ""}
	case err == nil && handedOn(answer):
		err = p.handed(ctx, get, answer, event, cloud.Platform().Stats())
	default:
		err = answered(answer, err)
	}
	return unlessDisk(ctx, "invoke", err)
}

// invokeOptions is the cloud that lasts as long as the command. It has a platform: what a run hands on, such as the shares of a
// backfill, must find one on this machine.
func (p Program) invokeOptions(f invokeFlags, script *fault.Script) (devcloud.Options, error) {
	fleet, err := p.function(cloudFlags{instances: platform.DefaultInstances, timeout: f.timeout})
	if f.binary != "" {
		fleet.Binary = f.binary
	}
	return devcloud.Options{
		Faults: script, Now: p.Now, First: lastWhole(p.Now()).AddDate(0, 0, -1), Days: 4, Platform: fleet,
	}, err
}

// handedOn tells whether other runs went on with a backfill: then its own answer does not say how it ended.
func handedOn(answer *archive.Report) bool {
	return answer.Mode == archive.ModeBackfill && !answer.DryRun && (len(answer.Shares) > 0 || answer.Continued != "")
}

// handed is how the runs ended that a backfill was handed to, as an error with its exit code; nil: all is done. That is read off the
// manifests: answers tell of one run each, and of a lost one nothing.
func (p Program) handed(ctx context.Context, get func(string) string, answer *archive.Report, event []byte, s platform.Stats) error {
	q, err := handedRange(answer, event)
	if err != nil {
		return fmt.Errorf("invoke: read the answer: %w", err)
	}
	q.Now = p.Now()
	a, err := p.Open(get, q, nil)
	if err != nil {
		return unsettled(err)
	}
	b, err := a.Backlog(ctx, q, nil)
	if err != nil {
		return unread(ctx, "invoke", err)
	}
	said := fmt.Sprintf("%s handed to %s: ", count(int64(cmp.Or(windowsOf(answer.Shares), answer.Rest)), "window"), count(int64(max(len(answer.Shares), 1)), "run"))
	left, dead := b.Left(), s.Count(platform.Dead)
	switch {
	case left > 0 && dead > 0:
		return &exit{ExitFailed, errors.New("invoke: " + said + joined(tally(left, "left"), count(int64(dead), "dead event"))), ""}
	case left+b.Owed > 0:
		return &exit{ExitOwing, errors.New("invoke: " + said + joined(tally(left, "left"), tally(b.Owed, "files owed"))), "a later run goes on"}
	}
	fmt.Fprintln(p.Err, said+"all done")
	return nil
}

// handedRange asks for what the answer of a backfill is about; of the event it takes the applications.
func handedRange(answer *archive.Report, event []byte) (q archive.Request, err error) {
	var asked struct{ Apps []string }
	errEvent := json.Unmarshal(event, &asked)
	from, errFrom := time.Parse(time.RFC3339, answer.From)
	to, errTo := time.Parse(time.RFC3339, answer.To)
	return archive.Request{ID: newID(), Mode: archive.ModeBackfill, From: from, To: to, Apps: asked.Apps}, errors.Join(errEvent, errFrom, errTo)
}
