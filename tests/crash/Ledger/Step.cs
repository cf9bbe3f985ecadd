namespace Nexo.Crash.Ledger;

/// <summary>What one operation does to one key.</summary>
internal sealed class Step(string key, KeyState before, KeyState after)
{
    public string Key { get; } = key;

    public KeyState Before { get; } = before;

    public KeyState After { get; private set; } = after;

    /// <summary>True when the operation changes what the key holds (and so its version).</summary>
    public bool Changes => !ReferenceEquals(Before, After);

    /// <summary>This key was left as it was.</summary>
    public void Refuse() => After = Before;

    /// <summary>The answer told the new version. Says what is wrong with it, if anything is.</summary>
    public string? TakeVersion(ulong version)
    {
        if (!Changes)
        {
            return version == After.Version || After.Version == 0
                ? null
                : $"{Key}: version {version}, was {After.Version}";
        }

        ulong floor = After.VersionSeen;
        After = After with { Version = version, VersionSeen = Math.Max(version, floor) };
        return version > floor ? null : $"{Key}: version {version} is not above {floor}";
    }
}
