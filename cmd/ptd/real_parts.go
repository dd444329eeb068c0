package main

import (
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure"
)

// The settings of the sandbox's real parts.
const (
	realKey      = "sandbox_real"
	unawaitedKey = "sandbox_real_no_await"
)

// list are the values of a setting that is a list. A comma separates them only before the
// name of a part: a path or a URL may have one.
func (p *program) list(k key, found setting) []string {
	given := []string{found.Value}
	if found.Origin == fromFlag {
		given = p.line.all(k.flagName())
	}
	var values []string
	for _, text := range given {
		begins := true
		for piece := range strings.SplitSeq(text, ",") {
			if name, _, valued := strings.Cut(strings.TrimSpace(piece), "="); begins || name == "eks" || valued && !strings.ContainsAny(name, "/?&@:") {
				values = append(values, strings.TrimSpace(piece))
			} else {
				values[len(values)-1] += "," + piece
			}
			begins = false
		}
	}
	if found.Origin == fromDefault {
		return slices.DeleteFunc(values, func(value string) bool { return value == "" })
	}
	return values
}

// hideRealParts are parts as they were named, without passwords.
func hideRealParts(named []string) []string {
	var hidden []string
	for _, part := range named {
		hidden = append(hidden, ensure.HideRealPart(part))
	}
	return hidden
}

// realParts reads the real parts of the sandbox. Whatever is wrong with them is known before
// anything runs.
func (p *program) realParts(s *settings) (ensure.RealParts, error) {
	named, unawaited := s.values[realKey], s.values[unawaitedKey]
	fail := func(found setting, text string) (ensure.RealParts, error) {
		return ensure.RealParts{}, &usageError{command: p.line.name(), text: found.Source + ": " + text}
	}
	if len(s.real) == 0 && !unawaited.is() {
		return ensure.RealParts{}, nil
	}
	if !s.values["sandbox"].is() {
		if len(s.real) > 0 {
			return fail(named, "only a sandbox has real parts: pass --sandbox, too")
		}
		return fail(unawaited, "it is for the sandbox: pass --sandbox, too")
	}
	parts, err := ensure.ParseRealParts(s.real, p.directory, p.environment("PGPASSWORD"))
	if err != nil {
		return fail(named, err.Error())
	}
	if parts.Unawaited = unawaited.is(); parts.Unawaited && parts.Kubernetes == nil {
		return fail(unawaited, "it is for a real cluster: pass --sandbox-real kubernetes=KUBECONFIG, too")
	}
	return parts, nil
}
