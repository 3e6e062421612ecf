package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"cdrvault/archive"
	"cdrvault/config"
	"cdrvault/devcloud/fault"
	"cdrvault/devcloud/platform"
)

type invokeFlags struct {
	binary, event   string
	faults          string
	timer, devcloud bool
	timeout         time.Duration
}

// invoke is the command that runs the built function as the platform does.
func (p Program) invoke() *cobra.Command {
	var f invokeFlags
	c := &cobra.Command{
		Use:   "invoke",
		Short: "Run the built function as the platform does, with an event",
		Long: `Start the built function as the platform does, send it one event over its
protocol, and print the answer. The function gets the settings of this environment
and nothing else of it; its log goes to standard error. Where the function refuses
the event or a setting, the exit code is 2.

With --devcloud it works on a cloud on this machine, with that cloud's settings over
those of this environment. The command ends when the runs have ended that the answer
handed work to, and its exit code is theirs, too.`,
		Example: `  cdrvault invoke --devcloud --timer
  cdrvault invoke --binary dist/main --event event.json
  echo '{"from":"2026-11-21T00:00:00+08:00","to":"2026-11-22T00:00:00+08:00"}' | cdrvault invoke --event -`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return p.invokeOnce(c, f) },
	}
	c.Flags().StringVar(&f.binary, "binary", "", "the built function (this program itself)")
	c.Flags().StringVar(&f.event, "event", "", "file with the event; - is standard input ({}, for what is due)")
	c.Flags().BoolVar(&f.timer, "timer", false, "send what the timer would send now")
	c.Flags().BoolVar(&f.devcloud, "devcloud", false, "work on a cloud on this machine, which goes with the command")
	c.Flags().StringVar(&f.faults, "faults", "", "script of faults (cdrvault help faults)")
	c.Flags().DurationVar(&f.timeout, "timeout", 900*time.Second, "the function's time limit")
	return c
}

func (p Program) invokeOnce(c *cobra.Command, f invokeFlags) error {
	event, err := p.eventOf(c, f)
	if err != nil {
		return misuse(c, "%v", err)
	}
	if f.timeout <= 0 {
		return misuse(c, "--timeout: want more than 0s")
	}
	script, err := readFaults(f.faults)
	if err != nil {
		return misuse(c, "%v", err)
	}
	if f.devcloud {
		return p.invokeLocally(c, f, script, event)
	}
	return answered(p.invokeFor(c.Context(), c, f, script, p.Get, event))
}

// invokeFor sends the event to the function, whose environment get knows, and prints its answer; nil: there is none.
func (p Program) invokeFor(
	ctx context.Context, c *cobra.Command, f invokeFlags, script *fault.Script, get func(string) string, event []byte,
) (*archive.Report, error) {
	result, err := p.send(ctx, f, script, get, event)
	switch {
	case ctx.Err() != nil:
		return nil, unread(ctx, "invoke", err)
	case errors.As(err, new(*exit)):
		return nil, err
	case err != nil:
		return nil, misuse(c, "%w", err)
	}
	return p.showResult(result)
}

// answered is what an answer comes to, as an error with its exit code; nil: all is done.
func answered(answer *archive.Report, err error) error {
	if err == nil && !answer.Complete && !answer.DryRun {
		return &exit{ExitOwing, errors.New("invoke: not complete: something is owed or left"), "a later run goes on"}
	}
	return err
}

// eventOf is the event that the flags name.
func (p Program) eventOf(c *cobra.Command, f invokeFlags) ([]byte, error) {
	switch {
	case f.timer && f.event != "":
		return nil, errors.New("--event and --timer exclude each other")
	case f.timer:
		return json.Marshal(map[string]string{
			"Type": "Timer", "TriggerName": "hourly", "Time": p.Now().UTC().Format(time.RFC3339), "Message": "",
		})
	case f.event == "":
		return []byte("{}"), nil
	case f.event == "-":
		event, err := io.ReadAll(c.InOrStdin())
		return event, wrap("--event: read standard input", err)
	default:
		event, err := os.ReadFile(f.event)
		return event, wrap("--event", err)
	}
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// send starts the function and sends it the event. That it failed once it had started is an *exit.
func (p Program) send(ctx context.Context, f invokeFlags, script *fault.Script, get func(string) string, event []byte) (platform.Result, error) {
	if f.binary == "" {
		self, err := os.Executable()
		if err != nil {
			return platform.Result{}, fmt.Errorf("find this program: %w", err)
		}
		f.binary = self
	}
	instance, err := platform.Start(ctx, platform.Options{
		Binary: f.binary, Stdout: p.Err,
		Function:    platform.Function{Name: "cdrvault", Timeout: f.timeout},
		Environment: func() map[string]string { return environment(get) },
		Faults:      script,
	})
	if err != nil {
		return platform.Result{}, err
	}
	defer instance.Close()
	started := instance.PingTime()
	result, err := instance.Invoke(ctx, platform.Invocation{Event: event})
	if err != nil {
		return result, &exit{ExitFailed, fmt.Errorf("invoke: %w", err), ""}
	}
	fmt.Fprintf(p.Err, "started in %s, ran for %s, used %s of memory\n", started.Round(time.Millisecond),
		result.Duration.Round(time.Millisecond), humanize.IBytes(uint64(result.MaxRSS)))
	return result, nil
}

// environment is every variable that the function knows, as far as it is set.
func environment(get func(string) string) map[string]string {
	env := map[string]string{}
	add := func(name string) {
		if value := get(name); name != "" && value != "" {
			env[name] = value
		}
	}
	for _, row := range config.Describe(get) {
		add(row.Name)
	}
	for _, setting := range config.Settings {
		add(setting.Platform)
	}
	return env
}

// codeOf is the exit code for a function's error. A *handler.RunError reaches us as text, which begins with its kind.
func codeOf(e *platform.FunctionError) int {
	kind := strings.HasPrefix(e.Message, "event") || strings.HasPrefix(e.Message, "settings:")
	if e.Type == "RunError" && kind {
		return ExitUsage
	}
	return ExitFailed
}

// showResult prints the function's answer, and gives it; its error becomes the command's.
func (p Program) showResult(r platform.Result) (*archive.Report, error) {
	if r.Err != nil {
		return nil, &exit{codeOf(r.Err), fmt.Errorf("invoke: function: %w", r.Err), ""}
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, r.Payload, "", "  "); err != nil {
		return nil, &exit{ExitFailed, fmt.Errorf("invoke: read the answer: %w", err), ""}
	}
	fmt.Fprintln(p.Out, pretty.String())
	answer := new(archive.Report)
	if err := json.Unmarshal(r.Payload, answer); err != nil {
		return nil, &exit{ExitFailed, fmt.Errorf("invoke: read the answer: %w", err), ""}
	}
	return answer, nil
}
