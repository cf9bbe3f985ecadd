namespace Nexo.Engine.Topics;

/// <summary>
/// A page of retained messages. It copies what it takes, and is called under a lock: it neither waits nor calls the engine.
/// </summary>
public interface IRetainedPage
{
    /// <summary>False: it has no room for this one. It must have room for one at least.</summary>
    bool TryAdd(in RetainedMessage message);
}
