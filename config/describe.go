package config

import (
	"errors"
	"strings"
)

// Row is one variable as it stands in an environment, for people to read.
type Row struct {
	Name    string `json:"name"`
	Value   string `json:"value"`             // as set; empty: not set. "hidden" for credentials and refused values
	Default string `json:"default"`           // in words
	Meaning string `json:"meaning"`           // what it decides
	Problem string `json:"problem,omitempty"` // what is wrong and what is wanted; empty: nothing
}

const hidden = "hidden"

// Describe tells of every setting, then of the credentials, what is set and what is wrong. A refused value is not
// shown: it may be a key that got into the wrong variable.
func Describe(get func(name string) string) []Row {
	wrong := problemsOf(Load(get))
	var rows []Row
	for _, s := range Settings {
		row := Row{
			Name:    s.Name,
			Value:   trimmed(get, s.Name),
			Default: plain(s.DefaultText()),
			Meaning: plain(s.Meaning),
			Problem: wrong.of(s.Name),
		}
		if row.Problem != "" && row.Value != "" {
			row.Value = hidden
		}
		rows = append(rows, row)
	}
	return append(rows, describeCredentials(get)...)
}

func describeCredentials(get func(string) string) []Row {
	wrong := problemsOf(LoadCredentials(get))
	rows := []Row{
		{Name: secretID, Meaning: "id of the key that signs requests"},
		{Name: secretKey, Meaning: "the key itself"},
		{Name: sessionToken, Meaning: "token of a temporary key"},
	}
	for i := range rows {
		rows[i].Default = "from the execution role"
		rows[i].Problem = wrong.of(rows[i].Name)
		if trimmed(get, rows[i].Name) != "" {
			rows[i].Value = hidden
		}
	}
	return rows
}

func problemsOf[T any](_ T, err error) *Problems {
	var problems *Problems
	if errors.As(err, &problems) {
		return problems
	}
	return &Problems{}
}

// MarkdownTable is the table of Settings as the README shows it. It ends with a newline.
func MarkdownTable() string {
	var b strings.Builder
	b.WriteString("| name | meaning | value | default |\n|---|---|---|---|\n")
	for _, s := range Settings {
		cells := []string{"`" + s.Name + "`", s.Meaning, s.Form, s.DefaultText()}
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}
