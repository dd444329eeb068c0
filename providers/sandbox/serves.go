package sandbox

// Serves is what the objects of a type offer to the providers of other packages. Both
// functions are called while the cloud is locked.
type Serves struct {
	// Database describes an object that is a database server.
	Database func(cloud *Cloud, object *Object) *Database
	// Cluster describes an object that is a Kubernetes cluster.
	Cluster func(cloud *Cloud, object *Object) Cluster
}

// Database is a PostgreSQL server, as a program connects to it.
type Database struct {
	// Address is the host at which it answers.
	Address string
	// Username is the server's first user; Password finds the user's password.
	Username string
	Password func() (string, error)
	// Major is the major version of PostgreSQL, such as 16.
	Major int
	// InstallsAny says that the first user may install every extension of the server, also
	// those that PostgreSQL itself leaves to a superuser.
	InstallsAny bool
	// Databases, Roles and Extensions are those that the cloud adds to PostgreSQL's own.
	Databases, Roles, Extensions []string
}

// Cluster is a Kubernetes cluster: what its cloud decides and does.
type Cluster interface {
	// Endpoint is the address of its API, such as "https://example.com"; "" when it has none.
	Endpoint() string
	// Is tells whether an identifier is one of the cluster's.
	Is(identifier string) bool
	// Enter refuses whoever may not do everything in the cluster. identifier is the one that
	// a provider was given for the cluster, "" for none; credential is the command by which
	// its kubeconfig gets a credential, nil for none.
	Enter(identifier string, credential *Credential) error
	// Provides returns the object of a type and id that the cloud makes in the cluster when
	// it is asked for, nil when there is no such object.
	Provides(typ, id string) map[string]any
	// ShutsOut lists the roles of the cluster's nodes that can enter it now, and could not if
	// the object of a type and id had these fields, or were not there when they are nil.
	ShutsOut(typ, id string, fields map[string]any) []string
	// Defines tells whether the cloud brings the definitions of an API group.
	Defines(group string) bool
	// Assume tells why pods cannot have the cloud's identity that the annotations of their
	// service account name, "" when they can, or none is named. subject is the account,
	// "system:serviceaccount:<namespace>:<name>".
	Assume(annotations Inputs, subject string) (problem string)
	// Balance tells why the cloud can make no load balancer as the annotations of an Ingress
	// want it, "" when it can.
	Balance(annotations Inputs) (problem string)
	// Address is the entry of a status (hostname or ip) of the load balancer that a name of
	// hex digits stands for.
	Address(name string) map[string]any
}

// Credential is a command that prints a credential.
type Credential struct {
	Command string
	Args    []string
}

// Database returns the database server at an address, nil when there is none. Call it
// within Do.
func (c *Cloud) Database(address string) *Database {
	for typ, serves := range c.serves {
		if serves.Database == nil {
			continue
		}
		for _, object := range c.OfType(typ) {
			if database := serves.Database(c, object); address != "" && database.Address == address {
				return database
			}
		}
	}
	return nil
}

// Cluster returns the first Kubernetes cluster that a test holds for, nil when there is
// none. Call it within Do.
func (c *Cloud) Cluster(holds func(Cluster) bool) Cluster {
	for typ, serves := range c.serves {
		if serves.Cluster == nil {
			continue
		}
		for _, object := range c.OfType(typ) {
			if cluster := serves.Cluster(c, object); holds(cluster) {
				return cluster
			}
		}
	}
	return nil
}
