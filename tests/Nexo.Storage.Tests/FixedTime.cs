namespace Nexo.Storage.Tests;

/// <summary>A clock that stands.</summary>
internal sealed class FixedTime(long unixMs) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(unixMs);
}
