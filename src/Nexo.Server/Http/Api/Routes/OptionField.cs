using System.Text.Json;

namespace Nexo.Server.Http.Api;

/// <summary>An option of a definition: its field in JSON, and its tag in the native protocol.</summary>
internal sealed record OptionField(ApiField Field, ushort Tag)
{
    public static OptionField Number(string name, ushort tag, string about) => new(new ApiField(name, ApiKind.Number, about), tag);

    public static OptionField Milliseconds(string name, ushort tag, string about) => new(new ApiField(name, ApiKind.Duration, about), tag);

    public static OptionField Flag(string name, ushort tag, string about) => new(new ApiField(name, ApiKind.Flag, about), tag);

    public static OptionField Choice(string name, ushort tag, string about, IReadOnlyList<string> choices) =>
        new(new ApiField(name, ApiKind.Choice, about) { Choices = choices }, tag);

    /// <summary>Writes an option that is a number on the wire.</summary>
    public void Write(Utf8JsonWriter json, ulong number)
    {
        if (Field.Kind == ApiKind.Flag)
        {
            json.WriteBoolean(Field.Name, number != 0);
        }
        else if (Field.Kind == ApiKind.Choice)
        {
            json.WriteString(Field.Name, CommonFields.WordOf(Field.Choices, number));
        }
        else
        {
            json.WriteNumber(Field.Name, number);
        }
    }
}
