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

	"github.com/spf13/cobra"

	"cdrvault/devcloud"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/center"
	"cdrvault/devcloud/fault"
)

type cloudFlags struct {
	dir, faults string
	apps        []string
	calls, days int
	rate, port  int
	seed        uint64
}

// devcloud is the command that serves a cloud on this machine.
func (p Program) devcloud() *cobra.Command {
	var f cloudFlags
	c := &cobra.Command{
		Use:   "devcloud",
		Short: "Serve a contact center and a bucket on this machine",
		Long: `Serve a contact center with made-up calls, and a bucket, on this machine until
Ctrl-C. Standard output has the settings to use, a line "export NAME='value'" for
each, and is closed after them; so a shell can take them over:

  eval "$(cdrvault devcloud &)"
  cdrvault run
  kill $DEVCLOUD_PID`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := p.cloudOptions(f)
			if err != nil {
				return misuse(c, "%v", err)
			}
			return p.serveCloud(c.Context(), o)
		},
	}
	c.Flags().StringVar(&f.dir, "dir", "", "folder of the bucket, kept (a temporary one, removed at the end)")
	c.Flags().StringArrayVar(&f.apps, "app", []string{devcloud.App}, "an application of the contact center; may be repeated")
	c.Flags().IntVar(&f.calls, "calls", 2000, "calls a day of each application")
	c.Flags().IntVar(&f.days, "days", 1, "days with calls before today; today and tomorrow have them too")
	c.Flags().IntVar(&f.rate, "rate-limit", devcloud.Limit, "requests a second that the API allows")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "another seed makes other calls")
	c.Flags().StringVar(&f.faults, "faults", "", `script of faults: {"rules": [{"match": {...}, "action": {...}}]}`)
	c.Flags().IntVar(&f.port, "port", 0, "port of the contact center; the bucket has the next one (any two)")
	return c
}

// cloudOptions is the cloud that the flags describe.
func (p Program) cloudOptions(f cloudFlags) (devcloud.Options, error) {
	o := devcloud.Options{
		Dir: f.dir, Apps: f.apps, Port: f.port, Now: p.Now,
		World:  calls.World{Seed: f.seed, PerDay: f.calls},
		Center: center.Options{RateLimit: f.rate},
		First:  p.Now().AddDate(0, 0, -f.days), Days: f.days + 2,
	}
	switch {
	case f.calls < 1:
		return o, errors.New("--calls: want at least 1")
	case f.days < 0:
		return o, errors.New("--days: want 0 or more")
	case f.rate < 1 || f.rate > 10_000:
		return o, errors.New("--rate-limit: want 1 to 10000")
	case f.port < 0 || f.port > 65534:
		return o, errors.New("--port: want 1 to 65534")
	}
	var err error
	o.Faults, err = readFaults(f.faults)
	return o, err
}

// readFaults reads a script of faults; no file is no script.
func readFaults(name string) (*fault.Script, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--faults: %w", err)
	}
	defer file.Close()
	script, err := fault.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("--faults: %s: %w", name, err)
	}
	return script, nil
}

// serveCloud serves until ctx ends.
func (p Program) serveCloud(ctx context.Context, o devcloud.Options) error {
	cloud, err := startLocal(ctx, o)
	if err != nil {
		return err
	}
	defer cloud.Close()
	if err := p.export(cloud.Settings()); err != nil {
		return err
	}
	fmt.Fprintln(p.Err, "serving a contact center and a bucket; Ctrl-C ends it")
	<-ctx.Done()
	return nil
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

// quoted is text as one word of a POSIX shell.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
