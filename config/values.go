package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parsers return errors that say what is wrong without repeating the value; the setting's Form says the rest.

var (
	// storageClasses are those that PUT Object documents: https://tencentcloud.com/document/api/436/7749.
	storageClasses = []string{
		"STANDARD", "MAZ_STANDARD", "STANDARD_IA", "MAZ_STANDARD_IA",
		"INTELLIGENT_TIERING", "MAZ_INTELLIGENT_TIERING", "ARCHIVE", "DEEP_ARCHIVE",
	}
	mediaKinds = []string{"recording", "asr", "participant", "voicemail", "voicemail_asr", "custom"}
)

// listOf parses comma-separated items, each once.
func listOf(item func(string) (string, error)) func(string) ([]string, error) {
	return func(value string) ([]string, error) {
		var list []string
		for i, part := range strings.Split(value, ",") {
			v, err := item(strings.TrimSpace(part))
			if err != nil {
				return nil, fmt.Errorf("item %d: %w", i+1, err)
			}
			if slices.Contains(list, v) {
				return nil, fmt.Errorf("item %d repeats an earlier one", i+1)
			}
			list = append(list, v)
		}
		return list, nil
	}
}

func oneOf(words []string) func(string) (string, error) {
	return func(value string) (string, error) {
		if !slices.Contains(words, value) {
			return "", errors.New("not one of the words it may be")
		}
		return value, nil
	}
}

func onOff(value string) (bool, error) {
	_, err := oneOf([]string{"on", "off"})(value)
	return value == "on", err
}

func between(low, high int) func(string) (int, error) {
	return func(value string) (int, error) {
		n, err := strconv.Atoi(value)
		if err != nil {
			return 0, errors.New("not a whole number")
		}
		if n < low || n > high {
			return 0, errors.New("out of range")
		}
		return n, nil
	}
}

// appID takes a number only in the one form that keys and requests use: no sign, no leading zero.
func appID(value string) (string, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != value {
		return "", errors.New("not an application's number")
	}
	return value, nil
}
