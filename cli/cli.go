// Package cli is the command line: it asks, shows, and tells by its exit code how it went. Each command has a file of
// its own.
//
// It promises that results go to standard output and everything else to standard error, that an error is one line that
// says what to do, and that output which is no terminal's has no control characters. It knows nothing of how calls are
// archived, and reaches the cloud only through the archive that main opens for it.
package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cdrvault/archive"
	"cdrvault/handler"
)

// Program is what the command line stands on. Now may be nil: then it is time.Now.
type Program struct {
	Version string
	// Open builds the archive of one run from an environment; q tells how much of the API's limit it may take, watch may be
	// nil. Its errors are about settings.
	Open func(get func(string) string, q archive.Request, watch *archive.Progress) (*archive.Archiver, error)
	// Connect connects to a function of the platform's. It sends nothing.
	Connect func(get func(string) string, to handler.Target) (handler.Invoker, error)
	Get     func(string) string // looks a variable of the environment up; empty: not set
	Out     io.Writer           // results
	Err     io.Writer           // progress, remarks, errors
	Now     func() time.Time    // chooses the days of made-up calls and the time of a made-up timer event
}

// Main runs the command that args, without the program's name, ask for, and gives the exit code; they stand in exit.go.
func Main(ctx context.Context, p Program, args []string) (code int) {
	if p.Now == nil {
		p.Now = time.Now
	}
	defer func() {
		if v := recover(); v != nil { // its text may quote a record, so only its type is told
			fmt.Fprintf(p.Err, "cdrvault: panic of type %T: a bug; please report it with the command you ran\n", v)
			code = ExitFailed
		}
	}()
	root := p.root()
	root.SetArgs(args)
	c, err := root.ExecuteContextC(ctx)
	if err != nil && c.Name() == "devcloud" {
		p.unexported()
	}
	return p.report(err)
}

// root is the command without a name: it only knows the others.
func (p Program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "cdrvault",
		Short: "Archive the calls of Tencent Cloud Contact Center in a COS bucket",
		Long: `Archive the calls of Tencent Cloud Contact Center in a COS bucket.

Settings and keys come from the environment: cdrvault settings shows them.
Without an account: cdrvault demo.

` + exitHelp,
		Args:          p.known,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetHelpCommand(p.help())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return misuse(c, "%v", err) })
	root.AddCommand(p.run(), p.plan(), p.backfill(), p.verify(), p.status(), p.debts(),
		p.demo(), p.devcloud(), p.invoke(), p.settings(), p.version(), p.faults())
	return root
}

// help is the command that explains another one.
func (p Program) help() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			switch {
			case err != nil || about == c.Root():
				err = p.known(c.Root(), args)
			case len(rest) > 0:
				err = none(about, rest)
			}
			if err != nil {
				return err
			}
			return about.Help()
		},
	}
}

// known refuses words that are no command.
func (p Program) known(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return misuse(c, "no command %q; did you mean %s?", args[0], strings.Join(near, " or "))
	}
	return misuse(c, "no command %q", args[0])
}

// none refuses arguments: everything that a command takes is a flag.
func none(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misuse(c, "no argument %q is taken", args[0])
	}
	return nil
}
