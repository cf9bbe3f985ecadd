namespace Nexo.Engine.Sessions;

/// <summary>How a connection opens a session.</summary>
/// <param name="Clean">One that is there ends, and a new one begins.</param>
/// <param name="ExpirySeconds">
/// How long it outlives the connection: 0 not at all, <see cref="SessionLimits.Never"/> without an end.
/// </param>
public readonly record struct SessionTerms(bool Clean, uint ExpirySeconds);

/// <summary>A session that was opened.</summary>
/// <param name="Link">The connection's hold on it.</param>
/// <param name="WasPresent">It was there before.</param>
/// <param name="ExpirySeconds">What it was given of the expiry that was asked for.</param>
/// <param name="Waits">True when a confirm must wait for the log.</param>
/// <param name="Replaced">Whose hold on it, or on the one that has ended for it, is over now; null: nobody had one.</param>
public readonly record struct SessionOpened(
    SessionLink Link, bool WasPresent, uint ExpirySeconds, bool Waits, ISessionHolder? Replaced);

/// <summary>The connection that has a session.</summary>
public interface ISessionHolder
{
    /// <summary>
    /// What <see cref="SessionLink.TryNext"/> has kept back until it is on disk can be had now. Called under no lock, by any thread.
    /// </summary>
    void Wake();
}

/// <summary>Who keeps what belongs to sessions elsewhere.</summary>
public interface ISessionObserver
{
    /// <summary>
    /// A session has ended: it has expired, was replaced by a clean one, or was closed without a life of its own. Called under no lock.
    /// </summary>
    void OnEnded(Session session);
}
