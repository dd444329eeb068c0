package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// commandLine is a command line taken apart by the definitions of an app. urfave/cli
// stops looking for flags at the first argument; here flags may be anywhere, before
// and after the command and its arguments, until a "--".
type commandLine struct {
	app *cli.App
	// path is the command and its subcommands; empty for the app itself.
	path      []*cli.Command
	flags     []flagUse
	arguments []string
	// ended is true after "--".
	ended bool
	// pending is the last flag when the line ends before its value; nil otherwise.
	pending *flagUse
	// err is the first problem. What was understood besides it is there all the same.
	err error
}

// flagUse is one use of a flag.
type flagUse struct {
	flag  cli.Flag
	shown string // as it was written, with its dashes
	value string
	level int // which element of path defines it: 0 is the app, 1 the command
}

// usageError is a mistake in the command line.
type usageError struct{ command, text string }

func (e *usageError) Error() string { return fmt.Sprintf("%s; see %s --help", e.text, e.command) }

// scan takes apart words, which do not include the name of the program.
func scan(app *cli.App, words []string) *commandLine {
	line := &commandLine{app: app}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch {
		case line.raw():
			line.arguments = append(line.arguments, word)
		case !line.ended && word == "--":
			line.ended = true
		case !line.ended && len(word) > 1 && word[0] == '-':
			words = line.takeFlag(word, words)
		default:
			line.takeWord(word)
		}
	}
	for i := range line.flags {
		line.place(&line.flags[i])
	}
	return line
}

// raw tells whether the command takes all words as they are.
func (l *commandLine) raw() bool { return len(l.path) > 0 && l.path[len(l.path)-1].SkipFlagParsing }

// subcommands are the commands that may follow.
func (l *commandLine) subcommands() []*cli.Command {
	if len(l.path) == 0 {
		return l.app.Commands
	}
	return l.path[len(l.path)-1].Subcommands
}

// takeWord takes a command or an argument.
func (l *commandLine) takeWord(word string) {
	commands := l.subcommands()
	if len(commands) == 0 || len(l.arguments) > 0 {
		l.arguments = append(l.arguments, word)
		return
	}
	for _, command := range commands {
		if command.HasName(word) {
			l.path = append(l.path, command)
			return
		}
	}
	if word == "help" || word == "h" { // urfave/cli adds this command when it runs
		l.path = append(l.path, &cli.Command{Name: "help"})
		return
	}
	var names []string
	for _, command := range commands {
		if !command.Hidden {
			names = append(names, command.Name)
		}
	}
	text := fmt.Sprintf("%s has no command %q", l.name(), word)
	if near := nearest(word, names); near != "" {
		text += fmt.Sprintf(" (did you mean %s?)", near)
	}
	l.fail("%s", text)
	l.arguments = append(l.arguments, word)
}

// takeFlag takes a word that starts with a dash, with the next word when that is its
// value, and returns the words after it.
func (l *commandLine) takeFlag(word string, rest []string) []string {
	written, value, hasValue := strings.Cut(word, "=")
	if strings.HasPrefix(word, "--") {
		flag := l.find(strings.TrimPrefix(written, "--"))
		if flag == nil {
			l.unknown(written)
			return rest
		}
		return l.use(flag, written, value, hasValue, rest)
	}
	letters := []rune(written[1:])
	for i, letter := range letters {
		flag, last := l.find(string(letter)), i == len(letters)-1
		switch {
		case flag == nil:
			l.unknown(written)
			return rest
		case last:
			return l.use(flag, "-"+string(letter), value, hasValue, rest)
		case takesValue(flag):
			_, value, _ := strings.Cut(word, string(letters[:i+1]))
			return l.use(flag, "-"+string(letter), strings.TrimPrefix(value, "="), true, rest)
		}
		l.flags = append(l.flags, flagUse{flag: flag, shown: "-" + string(letter), value: "true"})
	}
	return rest
}

// use notes the use of a flag and returns the words after it.
func (l *commandLine) use(flag cli.Flag, shown, value string, hasValue bool, rest []string) []string {
	use := flagUse{flag: flag, shown: shown, value: value}
	switch {
	case !takesValue(flag):
		if !hasValue {
			use.value = "true"
		}
		if _, err := strconv.ParseBool(use.value); err != nil {
			l.fail("%s=%s: want true or false", shown, value)
			return rest
		}
		if !hasValue && len(rest) > 0 && (rest[0] == "true" || rest[0] == "false") {
			l.fail("%s %s: write %s=%s", shown, rest[0], shown, rest[0])
		}
	case hasValue:
	case len(rest) == 0:
		l.pending = &use
		l.fail("%s needs a value", shown)
		return rest
	case len(rest[0]) > 1 && rest[0][0] == '-':
		l.fail("%s needs a value and is followed by %s; if that is the value, write %s=%s", shown, rest[0], shown, rest[0])
		return rest
	default:
		use.value, rest = rest[0], rest[1:]
	}
	if takesValue(flag) {
		_, list := flag.(*cli.StringSliceFlag)
		if problem := emptiness(use.value, list); problem != "" {
			l.fail("%s %s: give it a value or leave it out", shown, problem)
			return rest
		}
	}
	l.flags = append(l.flags, use)
	return rest
}

// levels are the flags that the app, the command and its subcommand define.
func (l *commandLine) levels() [][]cli.Flag {
	levels := [][]cli.Flag{withHelp(l.app.Flags)}
	for _, command := range l.path {
		levels = append(levels, withHelp(command.Flags))
	}
	return levels
}

// find returns the flag of that name: of the command, of what it belongs to, or, when
// the command is yet to come, of any command. Those all mean the same by one name.
func (l *commandLine) find(name string) cli.Flag {
	for _, flags := range slices.Backward(l.levels()) {
		if flag := named(flags, name); flag != nil {
			return flag
		}
	}
	return anywhere(l.subcommands(), name)
}

func anywhere(commands []*cli.Command, name string) cli.Flag {
	for _, command := range commands {
		if flag := named(command.Flags, name); flag != nil {
			return flag
		}
		if flag := anywhere(command.Subcommands, name); flag != nil {
			return flag
		}
	}
	return nil
}

// place finds out who defines a flag, now that the command is known.
func (l *commandLine) place(use *flagUse) {
	for level, flags := range slices.Backward(l.levels()) {
		if flag := named(flags, use.flag.Names()[0]); flag != nil {
			use.flag, use.level = flag, level
			return
		}
	}
	l.unknown(use.shown)
}

// unknown reports a flag that the command does not have.
func (l *commandLine) unknown(shown string) {
	name := strings.TrimLeft(shown, "-")
	var names []string
	for _, flags := range l.levels() {
		for _, flag := range flags {
			names = append(names, flag.Names()...)
		}
	}
	text := fmt.Sprintf("%s has no flag %s", l.name(), shown)
	positive, negated := strings.CutPrefix(name, "no-")
	near := nearest(name, names)
	switch {
	case negated && slices.Contains(names, positive):
		text += fmt.Sprintf(" (write --%s=false)", positive)
	case len(near) == 1:
		text += fmt.Sprintf(" (did you mean -%s?)", near)
	case near != "":
		text += fmt.Sprintf(" (did you mean --%s?)", near)
	}
	l.fail("%s", text)
}

// fail notes the first problem.
func (l *commandLine) fail(format string, args ...any) {
	if l.err == nil {
		l.err = &usageError{command: l.name(), text: fmt.Sprintf(format, args...)}
	}
}

// name is the command as a user would write it: ptd config show.
func (l *commandLine) name() string {
	names := []string{l.app.Name}
	for _, command := range l.path {
		names = append(names, command.Name)
	}
	return strings.Join(names, " ")
}

// value returns the value of a flag, and whether it was used; the last use counts.
func (l *commandLine) value(name string) (string, bool) {
	for _, use := range slices.Backward(l.flags) {
		if slices.Contains(use.flag.Names(), name) {
			return use.value, true
		}
	}
	return "", false
}

// all returns the values of a flag in their order, one for each use.
func (l *commandLine) all(name string) (values []string) {
	for _, use := range l.flags {
		if slices.Contains(use.flag.Names(), name) {
			values = append(values, use.value)
		}
	}
	return values
}

// is tells whether a boolean flag was used and is true.
func (l *commandLine) is(name string) bool {
	value, _ := l.value(name)
	on, _ := strconv.ParseBool(value)
	return on
}

// ordered returns the command line as urfave/cli wants it: each flag directly after
// the command that defines it, then the arguments.
func (l *commandLine) ordered() []string {
	words := []string{l.app.Name}
	for level := range len(l.path) + 1 {
		if level > 0 {
			words = append(words, l.path[level-1].Name)
		}
		for _, use := range l.flags {
			if use.level == level {
				words = append(words, "--"+use.flag.Names()[0]+"="+use.value)
			}
		}
	}
	if l.is("help") { // help is about the command, whatever it would be run on
		return words
	}
	if len(l.arguments) > 0 && !l.raw() {
		words = append(words, "--")
	}
	return append(words, l.arguments...)
}

// emptiness says what is wrong with a value that is given and says nothing: it must not
// mean the same as one that is not given; "" for none.
func emptiness(value string, list bool) string {
	if strings.Trim(value, ", \t\r\n") == "" {
		return "is empty"
	}
	if list && slices.ContainsFunc(strings.Split(value, ","), func(part string) bool { return strings.TrimSpace(part) == "" }) {
		return fmt.Sprintf("has an empty part (%q)", value)
	}
	return ""
}

func withHelp(flags []cli.Flag) []cli.Flag {
	return append(slices.Clone(flags), cli.HelpFlag)
}

func named(flags []cli.Flag, name string) cli.Flag {
	i := slices.IndexFunc(flags, func(flag cli.Flag) bool { return slices.Contains(flag.Names(), name) })
	if i < 0 {
		return nil
	}
	return flags[i]
}

func takesValue(flag cli.Flag) bool {
	described, ok := flag.(cli.DocGenerationFlag)
	return ok && described.TakesValue()
}
