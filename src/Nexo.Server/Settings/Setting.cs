namespace Nexo.Server.Settings;

/// <summary>One line of the catalogue: everything that reading, printing and documenting a setting needs.</summary>
internal abstract class Setting(string name, string allowed, string description)
{
    public const string VariablePrefix = "NEXO_";

    /// <summary><c>section.key</c>, kebab-case.</summary>
    public string Name { get; } = name;

    /// <summary>What may be written, for people.</summary>
    public string Allowed { get; } = allowed;

    public string Description { get; } = description;

    /// <summary>Its own flag of <c>nexo serve</c>; null: only <c>--set</c>.</summary>
    public string? Flag { get; init; }

    /// <summary>True when messages must not repeat what was given.</summary>
    public bool IsSecret { get; init; }

    public string Section => Name[..Name.IndexOf('.', StringComparison.Ordinal)];

    public string Variable =>
        VariablePrefix + Name.Replace(".", "__", StringComparison.Ordinal).Replace('-', '_').ToUpperInvariant();

    /// <summary>The value in <paramref name="options"/>, in the form that <see cref="TryApply"/> reads.</summary>
    public abstract string Print(NexoServerOptions options);

    /// <summary>The value for people: secrets are masked, "nothing" is said.</summary>
    public abstract string Show(NexoServerOptions options);

    /// <summary>Puts a value into the options; false leaves them as they are.</summary>
    public abstract bool TryApply(string text, ref NexoServerOptions options, out string? reason);
}

/// <summary>A setting with its type.</summary>
internal sealed class Setting<T>(
    string name,
    SettingKind<T> kind,
    Func<NexoServerOptions, T> get,
    Func<NexoServerOptions, T, NexoServerOptions> set,
    string description) : Setting(name, kind.Allowed, description)
{
    /// <summary>Shows a secret without giving it away.</summary>
    public Func<T, string>? Mask { get; init; }

    public override string Print(NexoServerOptions options) => kind.Print(get(options));

    public override string Show(NexoServerOptions options)
    {
        string shown = Mask is null ? Print(options) : Mask(get(options));
        return shown.Length == 0 ? "none" : shown;
    }

    public override bool TryApply(string text, ref NexoServerOptions options, out string? reason)
    {
        if (!kind.TryParse(text, out T value, out reason))
        {
            return false;
        }

        options = set(options, value);
        return true;
    }
}
