namespace Nexo.Engine.Sessions;

/// <summary>A subscription of a session.</summary>
/// <param name="Filter">As the client has given it.</param>
/// <param name="Options">Its options, in the protocol's form; not looked into.</param>
/// <param name="Identifier">What its messages are marked with; 0: nothing.</param>
public readonly record struct SessionSubscription(byte[] Filter, byte Options, uint Identifier);
