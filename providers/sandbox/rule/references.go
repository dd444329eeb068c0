package rule

import "github.com/ptd-go/ptd/providers/sandbox"

// Reference is an input that names an object of a type by its id. message is the cloud's
// error, with a verb for what was named.
func Reference(path, typ, message string) sandbox.Reference {
	return sandbox.Reference{Path: path, Types: []string{typ}, Message: message}
}

// By is an input that names an object of a type by one of its properties.
func By(path, typ, property, message string) sandbox.Reference {
	return sandbox.Reference{Path: path, Types: []string{typ}, By: property, Message: message}
}

// Weak is a reference that does not keep the other object from being deleted.
func Weak(reference sandbox.Reference) sandbox.Reference {
	reference.Weak = true
	return reference
}

// Unless is a reference that leaves alone what does not name an object of the sandbox.
func Unless(skip func(value string) bool, reference sandbox.Reference) sandbox.Reference {
	reference.Skip = func(_ *sandbox.Operation, value string) bool { return skip(value) }
	return reference
}

// Unique is a name, of one property or several, that one object of a type may have in its
// account and region. message is the cloud's error, with a verb for the name.
func Unique(message string, properties ...string) []sandbox.Unique {
	return []sandbox.Unique{{Properties: properties, Message: message}}
}

// UniqueEverywhere is a name that one object of a type may have in all accounts.
func UniqueEverywhere(message string, properties ...string) []sandbox.Unique {
	return []sandbox.Unique{{Properties: properties, Message: message, Everywhere: true}}
}
