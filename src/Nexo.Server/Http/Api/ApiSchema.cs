namespace Nexo.Server.Http.Api;

/// <summary>What an answer of JSON looks like.</summary>
internal abstract record ApiSchema
{
    public static ApiSchema Text { get; } = new Plain("string");

    public static ApiSchema Number { get; } = new Plain("integer");

    public static ApiSchema Real { get; } = new Plain("number");

    public static ApiSchema Flag { get; } = new Plain("boolean");

    /// <summary>Numbers and texts.</summary>
    public static ApiSchema Any { get; } = new Plain(string.Empty);

    /// <summary>Names and texts that are not known here.</summary>
    public static ApiSchema Map(ApiSchema of) => new Dictionary(of);

    public static ApiSchema Of(params (string Name, ApiSchema Schema)[] fields) => new Object(fields);

    /// <summary>A page of a list: the items, and a cursor unless it was the last.</summary>
    public static ApiSchema Page(string name, ApiSchema item) => new Object([(name, new List(item)), ("cursor?", Text)]);

    public static ApiSchema ListOf(ApiSchema item) => new List(item);

    /// <summary>What a body of these fields would be.</summary>
    public static ApiSchema OfFields(IEnumerable<ApiField> fields) => new Object([.. fields.Select(field => (field.Name, OfKind(field)))]);

    public static ApiSchema OfKind(ApiField field) => field.Kind switch
    {
        ApiKind.Number or ApiKind.Duration => Number,
        ApiKind.Flag => Flag,
        ApiKind.Choice => new Choice(field.Choices),
        ApiKind.Texts => new List(Text),
        _ => Text,
    };

    internal sealed record Plain(string Type) : ApiSchema;

    internal sealed record Choice(IReadOnlyList<string> Choices) : ApiSchema;

    internal sealed record List(ApiSchema Item) : ApiSchema;

    internal sealed record Dictionary(ApiSchema Value) : ApiSchema;

    /// <summary>
    /// Fields in their order. A name with <c>?</c> may be missing; one with <c>*</c> holds bytes, so it may be there under the name with
    /// <c>_base64</c> instead.
    /// </summary>
    internal sealed record Object(IReadOnlyList<(string Name, ApiSchema Schema)> Fields) : ApiSchema;
}
