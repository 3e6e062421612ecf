package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// version is the command that tells which cdrvault this is.
func (p Program) version() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Tell which cdrvault this is",
		Args:  none,
		RunE: func(*cobra.Command, []string) error {
			system := runtime.GOOS + "/" + runtime.GOARCH
			if asJSON {
				return printJSON(p.Out, map[string]string{"version": p.Version, "go": runtime.Version(), "system": system})
			}
			_, err := fmt.Fprintln(p.Out, "cdrvault", p.Version, runtime.Version(), system)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return c
}
