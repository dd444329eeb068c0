package engine

import (
	"regexp"
	"slices"
	"strings"
)

// causes are the failures that say why an operation failed, each once, and the first in
// time first. What failed only because something before it had, is none; nor is what the
// component, the plugin or the program put around the message of another.
func causes(failures []Failure) []Failure {
	var found []Failure
	for _, failure := range failures {
		repeats := func(earlier Failure) bool {
			return failure.repeats(earlier) || failure.Message != earlier.Message && strings.Contains(failure.Message, earlier.Message)
		}
		if !consequence(failure.Message) && !slices.ContainsFunc(found, repeats) {
			found = append(found, failure)
		}
	}
	if len(found) == 0 && len(failures) > 0 { // nothing but consequences: the first of them has to do
		return failures[:1]
	}
	return found
}

// repeats tells whether a failure says no more than an earlier one. Two resources may fail
// for the same reason.
func (f Failure) repeats(earlier Failure) bool {
	return (f.URN == "" || earlier.URN == "" || f.URN == earlier.URN) && strings.Contains(earlier.Message, f.Message)
}

// consequence tells whether a message says only that the engine has stopped: what was
// still to come finds the connection to it closed. (docs/reference/real-plugins.md 1)
func consequence(message string) bool {
	return slices.ContainsFunc(stopped, func(text string) bool { return strings.Contains(message, text) })
}

var stopped = []string{
	"grpc: the client connection is closing", "transport is closing", "resource monitor shut down",
	"code = Canceled desc = context canceled",
}

// cause takes off a message what says nothing to whoever reads it: the frames of another
// language's stack, what a plugin writes before and after the message of its cloud, and
// lines that were there before. A message that has nothing else stays as it is.
func cause(message string) string {
	var lines []string
	for _, line := range strings.Split(ownWords.Replace(message), "\n") {
		if frame.MatchString(line) {
			continue
		}
		line = surroundings.ReplaceAllString(line, "")
		text := strings.TrimSpace(line)
		sentence := strings.Contains(text, " ") // a brace may come again
		if text == "" || sentence && slices.ContainsFunc(lines, func(earlier string) bool { return strings.Contains(earlier, text) }) {
			continue
		}
		lines = append(lines, strings.TrimRight(line, " \t\r"))
	}
	if len(lines) == 0 {
		return strings.TrimSpace(message)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

var (
	// frame is a line of a stack trace of Node, or of what Node says around one.
	frame = regexp.MustCompile(`^\s*at .*(:\d+:\d+\)?|\(<anonymous>\)|\(native\))$|^Node\.js v\d+\.|^\s*\^+\s*$|^(node:|file:|/)\S+:\d+$`)
	// surroundings are what gRPC, and plugins that are made from Terraform's providers, put
	// around a message: who says so, where in their source, how many there are.
	surroundings = regexp.MustCompile(`sdk-v2/provider2\.go:\d+: sdk\.helper_schema: |: provider=[\w-]+@[\d.]+$|^\s*\d+ errors? occurred:$|^\s*\* |rpc error: code = \w+ desc = |^an unhandled error occurred: (program failed: ?)?(waiting for RPCs: )?`)
	// ownWords say what the engine says of the flags of pulumi's command line with ptd's.
	ownWords = strings.NewReplacer(
		"which was was not specified in --target list", "which is not there yet and which --target-resources does not name",
		"was not specified in --target list.\nEither include resource in --target list or pass --target-dependents to proceed.",
		"--target-resources does not name it: name it, too",
		"mixed with --target.", "mixed with --target-resources.",
	)
)
