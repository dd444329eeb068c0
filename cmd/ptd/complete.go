package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ptd-go/ptd/ensure"
	"github.com/ptd-go/ptd/stacks/config"
)

// candidates are the words that may stand for the last of words, each with a tab and a
// description where there is one. Mistakes in the words before it, or in the
// configuration, mean fewer candidates, never a message.
func (p *program) candidates(words []string) []string {
	current := ""
	if len(words) > 0 {
		words, current = words[:len(words)-1], words[len(words)-1]
	}
	app := p.app()
	p.line = scan(app, words)
	line := p.line
	name, value, hasValue := strings.Cut(current, "=")
	switch {
	case line.pending != nil:
		return p.valuesOf(line.pending.flag, "", current)
	case !line.ended && hasValue && strings.HasPrefix(name, "-"):
		flag := line.find(strings.TrimLeft(name, "-"))
		if flag == nil {
			return nil
		}
		return p.valuesOf(flag, name+"=", value)
	case !line.ended && strings.HasPrefix(current, "-"):
		return line.flagCandidates(current)
	case len(line.subcommands()) > 0 && len(line.arguments) == 0:
		var found []string
		for _, command := range line.subcommands() {
			if !command.Hidden && strings.HasPrefix(command.Name, current) {
				found = append(found, command.Name+"\t"+command.Usage)
			}
		}
		return found
	default:
		return starting(current, p.argumentCandidates(strings.Join(strings.Fields(line.name())[1:], " "), len(line.arguments)))
	}
}

// flagCandidates are the flags of the command and those that are global.
func (l *commandLine) flagCandidates(prefix string) []string {
	var found []string
	for _, flags := range slices.Backward(l.levels()) {
		for _, flag := range flags {
			name, usage := "--"+flag.Names()[0], ""
			if described, ok := flag.(cli.DocGenerationFlag); ok {
				usage = strings.ReplaceAll(described.GetUsage(), "`", "")
			}
			candidate := name + "\t" + usage
			if strings.HasPrefix(name, prefix) && !slices.Contains(found, candidate) {
				found = append(found, candidate)
			}
		}
	}
	return found
}

// valuesOf are the values of a flag that start with prefix, each after before. Of a
// list only the last element is completed.
func (p *program) valuesOf(flag cli.Flag, before, prefix string) []string {
	var values []string
	switch flag.Names()[0] {
	case "start-at-step":
		values = p.stepNames()
	case "only-steps":
		if i := strings.LastIndex(prefix, ","); i >= 0 {
			before, prefix = before+prefix[:i+1], prefix[i+1:]
		}
		values = p.stepNames()
	case "sandbox-real":
		values = []string{"eks", "kubernetes=", "postgresql="}
	case "targets-config-dir", "sandbox-dir":
		values = p.directories(prefix)
	default:
		if _, ok := flag.(*cli.BoolFlag); ok {
			values = []string{"false", "true"}
		}
	}
	found := starting(prefix, values)
	for i := range found {
		found[i] = before + found[i]
	}
	return found
}

// argumentCandidates are the values of a command's argument at a position.
func (p *program) argumentCandidates(command string, position int) []string {
	switch {
	case position == 0 && slices.Contains([]string{"ensure", "outputs", "hash"}, command):
		if tree := p.tree(); tree != nil {
			return tree.Names()
		}
	case position == 1 && command == "outputs":
		return p.stepNames()
	case position == 0 && command == "completion":
		return slices.Sorted(maps.Keys(completionScripts))
	}
	return nil
}

// tree is the targets directory, nil when it cannot be read.
func (p *program) tree() *config.Tree {
	settings, err := p.settings()
	if err != nil {
		return nil
	}
	tree, err := config.OpenTree(settings.targets.Value)
	if err != nil {
		return nil
	}
	return tree
}

// stepNames are the steps of the target that the line names, with its custom ones; of
// all kinds of targets when it names none.
func (p *program) stepNames() []string {
	if tree := p.tree(); tree != nil && len(p.line.arguments) > 0 {
		if target, err := tree.Load(p.line.arguments[0]); err == nil {
			steps := ensure.StepNames(target.Kind)
			if target.Customizations != nil {
				for _, custom := range target.Customizations.CustomSteps {
					if custom.Enabled {
						steps = append(steps, custom.Name)
					}
				}
			}
			return steps
		}
	}
	var steps []string
	for _, kind := range []config.Kind{config.KindAWSControlRoom, config.KindAWSWorkload, config.KindAzureWorkload} {
		steps = append(steps, ensure.StepNames(kind)...)
	}
	slices.Sort(steps)
	return slices.Compact(steps)
}

// directories are the directories that a path may go on with.
func (p *program) directories(prefix string) []string {
	parent := prefix[:strings.LastIndex(prefix, "/")+1]
	entries, err := os.ReadDir(p.from(p.directory, parent))
	if err != nil {
		return nil
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() {
			found = append(found, filepath.ToSlash(parent)+entry.Name()+"/")
		}
	}
	return found
}

func starting(prefix string, values []string) []string {
	var found []string
	for _, value := range values {
		if strings.HasPrefix(value, prefix) && ensure.Printable(value) == value { // a shell could not take it
			found = append(found, value)
		}
	}
	return found
}
