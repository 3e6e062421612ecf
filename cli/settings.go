package cli

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"cdrvault/config"
)

// settings is the command that shows the environment as the archive sees it.
func (p Program) settings() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "settings",
		Short: "Show every setting, what is set and what is wrong",
		Long: `Show every setting, what is set and what is wrong. Keys and refused values are
never shown. The exit code is 2 where something is wrong.`,
		Args: none,
		RunE: func(*cobra.Command, []string) error { return p.showSettings(asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the table as JSON")
	return c
}

func (p Program) showSettings(asJSON bool) error {
	rows := config.Describe(p.Get)
	if err := p.printSettings(rows, asJSON); err != nil {
		return err
	}
	wrong := 0
	for _, row := range rows {
		if row.Problem != "" {
			wrong++
		}
	}
	if wrong > 0 {
		err := fmt.Errorf("settings: %s missing or wrong", count(int64(wrong), "variable"))
		return &exit{ExitUsage, err, "set what the column problem asks for"}
	}
	return nil
}

func (p Program) printSettings(rows []config.Row, asJSON bool) error {
	if asJSON {
		return printJSON(p.Out, rows)
	}
	t := newTable("name", "value", "default", "meaning", "problem")
	t.SetColumnConfigs([]table.ColumnConfig{
		wrapped("value", 28), wrapped("default", 28), wrapped("meaning", 32), wrapped("problem", 40),
	})
	for _, row := range rows {
		t.AppendRow(table.Row{row.Name, row.Value, row.Default, row.Meaning, row.Problem})
	}
	t.SuppressEmptyColumns()
	_, err := fmt.Fprintln(p.Out, render(t))
	return err
}
