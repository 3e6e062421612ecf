package main

import (
	"errors"

	"cdrvault/config"
	"cdrvault/handler"
	"cdrvault/scfinvoker"
)

// connect connects to a function of the platform's with the settings and the credentials of an environment. Nothing is sent yet.
func connect(get func(string) string, to handler.Target) (handler.Invoker, error) {
	c, errSettings := config.Load(get)
	keys, errKeys := config.LoadCredentials(get)
	if err := errors.Join(errSettings, errKeys); err != nil {
		return nil, err
	}
	invoker, err := scfinvoker.New(scfinvoker.Options{
		Endpoint: c.InvokeEndpoint.String(), Credential: scfinvoker.Credential{SecretID: keys.ID, SecretKey: keys.Key, Token: keys.Token},
		Region: to.Region, Namespace: to.Namespace, Function: to.Function, Qualifier: to.Qualifier,
	})
	if err != nil {
		return nil, err // and no nil *Invoker in the interface
	}
	return invoker, nil
}

// selfContinue is the setting SELF_CONTINUE. Where the settings are wrong, no run comes so far as to be asked.
func selfContinue(get func(string) string) bool {
	c, err := config.Load(get)
	return err == nil && c.SelfContinue
}
