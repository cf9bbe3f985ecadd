namespace Nexo.Server.Brokers;

/// <summary>What the brokers of one server may be called.</summary>
public static class Namespaces
{
    /// <summary>The one that is always there, and that everybody has who asks for no other.</summary>
    public const string Default = "default";

    /// <summary>How many may be declared: each has threads, files and memory of its own.</summary>
    public const int CountMax = 16;

    private const int LengthMax = 32;

    /// <summary>Null: it may be; else what is wrong with it.</summary>
    public static string? FaultOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name == Default ? $"'{Default}' is the one that is always there"
            : name.Length is 0 or > LengthMax || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(IsOfName)
                ? $"the name of a namespace has 1 to {LengthMax} letters a to z, digits, - and _, and begins with a letter or a digit"
            : null;
    }

    private static bool IsOfName(char one) => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one) || one is '-' or '_';
}
