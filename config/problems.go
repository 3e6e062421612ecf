package config

import (
	"slices"
	"strings"
)

// and joins the names of one problem.
const and = " and "

// Problem is one variable that is missing or wrong. It never repeats the value: what stands in a wrong place may be
// a key, or a link with one.
type Problem struct {
	Name string // the variable, or several that are wrong together, joined by "and"
	What string // what is wrong with it
	Want string // what it should look like
}

func (p Problem) String() string { return p.Name + ": " + p.What + "; want " + p.Want }

// Problems is everything that is wrong with an environment, in the order in which it was found.
type Problems struct {
	List []Problem
}

// Error has one line for each problem.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, problem := range p.List {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

func (p *Problems) add(name, what, want string) {
	p.List = append(p.List, Problem{Name: name, What: what, Want: plain(want)})
}

func (p *Problems) any() bool { return len(p.List) > 0 }

func (p *Problems) has(name string) bool { return p.of(name) != "" }

// of is what is wrong with the variable called name; empty where nothing is.
func (p *Problems) of(name string) string {
	for _, problem := range p.List {
		if slices.Contains(strings.Split(problem.Name, and), name) {
			return problem.What + "; want " + problem.Want
		}
	}
	return ""
}
