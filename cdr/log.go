package cdr

import (
	"fmt"
	"log/slog"
)

// String names the record without what it says.
func (r Record) String() string { return "call " + r.ID }

// LogValue is what a log may say of a record: no phone number, no name, no link.
func (r Record) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String names the file without its link.
func (f File) String() string { return fmt.Sprintf("%s %d", f.Kind, f.Index) }

// LogValue is what a log may say of a file.
func (f File) LogValue() slog.Value { return slog.StringValue(f.String()) }
