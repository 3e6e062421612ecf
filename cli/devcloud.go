package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"cdrvault/devcloud"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/center"
	"cdrvault/devcloud/platform"
)

type cloudFlags struct {
	dir, faults, log string
	apps             []string
	calls, days      int
	rate, port       int
	instances        int
	timeout          time.Duration
	seed             uint64
}

// devcloud is the command that serves a cloud on this machine.
func (p Program) devcloud() *cobra.Command {
	var f cloudFlags
	c := &cobra.Command{
		Use:   "devcloud",
		Short: "Serve a contact center, a bucket and a platform on this machine",
		Long: `Serve a contact center with made-up calls, a bucket, and a platform that runs this
very program as the function cdrvault, on this machine until Ctrl-C. Standard output
has the settings to use, a line "export NAME='value'" for each, and is closed after
them; so a shell can take them over:

  eval "$(cdrvault devcloud &)" && cdrvault run
  kill $DEVCLOUD_PID

Where it does not start, standard output says "false", and eval fails. Into a pipe, as
here, it serves until that kill: Ctrl-C at the shell's prompt does not reach it.

The function finds these settings, and the others of this environment. The platform
queues events, refuses (432) what is above its instances, and tries again what
failed; a minute of its pauses takes a second here. With --dir the queue stays, too.

Faults happen by a script: see cdrvault help faults.`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := p.cloudOptions(f)
			if err != nil {
				return misuse(c, "%v", err)
			}
			log, err := openLog(f.log)
			if err != nil {
				return misuse(c, "--log: %v", err)
			}
			if log != nil {
				defer log.Close()
				o.Platform.Stdout = log
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
	c.Flags().StringVar(&f.faults, "faults", "", "script of faults (cdrvault help faults)")
	c.Flags().IntVar(&f.port, "port", 0, "port of the contact center; bucket and platform have the next ones (any)")
	c.Flags().IntVar(&f.instances, "instances", platform.DefaultInstances, "runs of the function side by side")
	c.Flags().DurationVar(&f.timeout, "timeout", 900*time.Second, "the function's time limit")
	c.Flags().StringVar(&f.log, "log", "", "file to append the function's log to (standard error)")
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
	case f.port < 0 || f.port > 65533:
		return o, errors.New("--port: want 1 to 65533")
	case f.instances < 1 || f.instances > 100:
		return o, errors.New("--instances: want 1 to 100")
	case f.timeout <= 0:
		return o, errors.New("--timeout: want more than 0s")
	}
	if f.dir != "" {
		if err := os.MkdirAll(f.dir, 0o755); err != nil {
			return o, fmt.Errorf("--dir: %w", err)
		}
	}
	var err error
	if o.Platform, err = p.function(f); err != nil {
		return o, err
	}
	o.Faults, err = readFaults(f.faults)
	return o, err
}

// function is the platform's part of a cloud: this program itself, with the settings of this environment.
func (p Program) function(f cloudFlags) (platform.FleetOptions, error) {
	self, err := os.Executable()
	if err != nil {
		return platform.FleetOptions{}, fmt.Errorf("find this program: %w", err)
	}
	return platform.FleetOptions{
		Options: platform.Options{
			Binary: self, Stdout: p.Err,
			Function:    platform.Function{Name: "cdrvault", Timeout: f.timeout},
			Environment: func() map[string]string { return environment(p.Get) },
		},
		Instances: f.instances, Minute: time.Second,
	}, nil
}
