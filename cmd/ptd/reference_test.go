package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"
)

// TestCLIReference holds that docs/cli.md is what the commands say of themselves. After
// a change of a command or a flag: go test ./cmd/ptd -run TestCLIReference -update
func TestCLIReference(t *testing.T) {
	d := newDesk(t)
	text := cliReference(t, d.program().app())
	golden(t, "../../../docs/cli.md", text)
	for _, command := range []string{"ensure", "outputs", "targets", "hash", "sandbox list", "config show", "version", "completion"} {
		require.Contains(t, text, "\n## ptd "+command+"\n")
	}
	require.NotContains(t, text, "__complete")
}

// cliReference renders the commands of an app, and their flags, as Markdown.
func cliReference(t *testing.T, app *cli.App) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("<!-- Written by go test ./cmd/ptd -run TestCLIReference -update. Do not edit. -->\n\n# Command line\n\n")
	fmt.Fprintf(&text, "`%s`\n\n%s\n\nEvery command takes these flags, and `--help`:\n\n", app.UsageText, app.Description)
	flagTable(t, &text, app.Flags)
	for _, command := range app.Commands {
		commandReference(t, &text, app.Name, command)
	}
	return text.String()
}

func commandReference(t *testing.T, text *strings.Builder, before string, command *cli.Command) {
	if command.Hidden {
		return
	}
	name := before + " " + command.Name
	for _, subcommand := range command.Subcommands {
		commandReference(t, text, name, subcommand)
	}
	if len(command.Subcommands) > 0 {
		return
	}
	fmt.Fprintf(text, "\n## %s\n\n%s\n\n    %s\n", name, sentence(command.Usage), strings.TrimSpace(name+" "+command.ArgsUsage))
	if command.Description != "" {
		fmt.Fprintf(text, "\n%s\n", strings.ReplaceAll(command.Description, "\n", "\\\n"))
	}
	if len(command.Flags) > 0 {
		text.WriteString("\n")
		flagTable(t, text, command.Flags)
	}
}

func flagTable(t *testing.T, text *strings.Builder, flags []cli.Flag) {
	t.Helper()
	text.WriteString("| Flag | Meaning |\n|---|---|\n")
	for _, flag := range flags {
		described, ok := flag.(cli.DocGenerationFlag)
		require.True(t, ok, "%v does not describe itself", flag.Names())
		usage := described.GetUsage()
		names := make([]string, len(flag.Names()))
		for i, name := range flag.Names() {
			names[i] = "--" + name
			if len(name) == 1 {
				names[i] = "-" + name
			}
		}
		if described.TakesValue() {
			value := "VALUE"
			if parts := strings.Split(usage, "`"); len(parts) == 3 { // urfave/cli's mark of the value's name
				value = parts[1]
			}
			names[0] += " " + value
		}
		meaning := strings.NewReplacer("`", "", "|", `\|`, "__", `\_\_`).Replace(usage)
		switch fallback := described.GetDefaultText(); flag.(type) {
		case *cli.BoolFlag:
			if fallback == "true" {
				meaning += " (default true)"
			}
		default:
			if fallback != "" && fallback != `""` {
				meaning += fmt.Sprintf(" (default `%s`)", fallback)
			}
		}
		fmt.Fprintf(text, "| `%s` | %s |\n", strings.Join(names, "`, `"), meaning)
	}
}

// sentence makes a sentence of a usage text.
func sentence(usage string) string { return strings.ToUpper(usage[:1]) + usage[1:] + "." }
