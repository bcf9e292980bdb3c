/* The page's own words: English is the key, Russian beside it. Data stay as their sources wrote them. */
"use strict";
(function (g) {
  g.languages = [["en", "English", "en-GB"], ["ru", "Русский", "ru-RU"]];

  /* Sentences and labels of the page. */
  var sentences = {
    "Ranks 1 to {last} cannot be told apart: the doubt is larger than the gaps between them.": "Места с 1 по {last} неразличимы: неопределённость больше разрывов между ними.",
    "Ranks 1 to {last} can all be told apart.": "Места с 1 по {last} различимы все.",
    "Ranks 1 to {last} can be told apart only in part: {parts}.": "Места с 1 по {last} различимы лишь отчасти: {parts}.",
    "{name} stands apart": "{name} отличимо от других",
    "the order of {names} is not settled": "порядок не установлен: {names}",
    "No candidate is ranked.": "Ни один кандидат не имеет места.",
    "Rank intervals are being drawn anew for these weights.": "Интервалы мест пересчитываются для этих весов.",
    "Most often among the first three: {names}.": "Чаще всего в первой тройке: {names}.",
    "Deposit": "Месторождение",
    "P(top 3)": "P(в первой тройке)",
    "Speaks for it": "За",
    "Speaks against it": "Против",
    "As likely, or nearly: {names}.": "Столь же вероятны или почти: {names}.",
    "The reasons for and against are those of the run's own weights.": "Доводы за и против относятся к весам расчёта.",
    "This ranks access to infrastructure only: neither grade nor tonnage is in it.": "Здесь оценён только доступ к инфраструктуре: ни содержание, ни запасы не учтены.",
    "Source (quality: {quality})": "Источник (качество: {quality})",
    "Source": "Источник",
    "Known candidates that are not ranked, because no source at hand gives a coordinate: {count}. They are {names}.": "Известных кандидатов без места, так как ни один источник не даёт координат: {count}. Это {names}.",
    "None: every known candidate has a coordinate.": "Таких нет: у каждого известного кандидата есть координаты.",
    "They are on no map and in no figure; none was given a place that its sources do not give.": "Их нет ни на карте, ни в расчётах; ни одному не приписано положение, которого не дают источники.",
    "They are in no ranking. The map shows areas that sources give; none was given a place that its sources do not give.": "Их нет среди мест. На карте показаны площади, которые дают источники; ни одному не приписано положение, которого не дают источники.",
    "It would score {low} to {high}, by where in its area it lies.": "Оценка была бы от {low} до {high}, смотря где на площади оно лежит.",
    "Candidates without a coordinate": "Кандидаты без координат",
    "By-product hosts without a coordinate": "Месторождения с попутными РЗЭ без координат",
    "Statements about areas and countries": "Сведения о площадях и странах",
    "The leader is {name} ({country}).": "Лидер: {name} ({country}).",
    "To": "До чего",
    "Distance": "Расстояние",
    "What, and where": "Что и где",
    "Source and edition": "Источник и редакция",
    "no source at hand says": "источников нет",
    "Edition": "Редакция",
    "Barely more than a guess (the error is over half of the distance): {list}.": "Немногим лучше догадки (погрешность больше половины расстояния): {list}.",
    "Could a line be missing? Yes.": "Может ли не хватать линии? Да.",
    "A line that a source lacks reads as a far one, and nothing here is newer than its edition. Where several sources are at hand the nearest counts and is named.": "Линия, которой нет в источнике, выглядит далёкой, и ничто здесь не новее своей редакции. Где источников несколько, считается ближайшая линия, и её источник назван.",
    "A case in point: {name} is a producing mine, yet the lines at hand put its nearest railway {km} km away. Check such a figure against a second source before using it.": "Наглядный случай: {name} — действующий рудник, но по имеющимся линиям ближайшая железная дорога в {km} км. Сверьте такую цифру со вторым источником.",
    "Unknown: no gateways are at hand.": "Неизвестно: пунктов выхода нет.",
    "The choice of exit moves the rank of {names}, by {places} at most; no other rank.": "Выбор выхода меняет место: {names}, не более чем на {places}; остальные места не меняются.",
    "No rank changes.": "Ни одно место не меняется.",
    "Scores change by {points} points at most.": "Оценки меняются не более чем на {points} балла.",
    "The gateway weighs {share} % of the score.": "Вес пункта выхода: {share} % оценки.",
    "Politics outweighs it, and the score does not claim to hold politics.": "Политика важнее, и оценка не претендует на её учёт.",
    "rank {rank}, score {score}": "место {rank}, оценка {score}",
    "km": "км",
    "Ranks and scores of this table are those of the run's own weights.": "Места и оценки в этой таблице — по весам расчёта.",
    "No statement is at hand.": "Сведений нет.",
    "Published statements: {count} ({tally}). They contradict each other and are never added up, nor Inferred to Measured and Indicated.": "Опубликованных сведений: {count} ({tally}). Они противоречат друг другу и никогда не складываются, как и Inferred с Measured и Indicated.",
    "Tonnes": "Тонны",
    "Of what": "Чего",
    "Category, and whose": "Категория и чья",
    "Year": "Год",
    "source": "источник",
    "unclear": "неясно",
    "whose is unknown": "чья — неизвестно",
    "1. Which three to visit, and can ranks 1 to 5 be told apart?": "1. Какие три посетить, и различимы ли места с 1 по 5?",
    "2. Which known deposits are not ranked?": "2. Какие известные месторождения не имеют места?",
    "3. For the leader: nearest what exactly?": "3. Лидер: до чего именно ближе всего?",
    "4. What changes without the exits through China and Russia?": "4. Что изменится без выходов через Китай и Россию?",
    "5. Whose tonnage is this?": "5. Чьи это тонны?",
    "unknown": "неизвестно",
    "Railway within, km": "Железная дорога не далее, км",
    "{shown} of {all} shown": "Показано {shown} из {all}",
    "kept out by filters: {out}": "скрыто фильтрами: {out}",
    "Filters": "Фильтры",
    "any": "любые",
    "Country": "Страна",
    "not told": "не указано",
    "Status, by the words of the source": "Состояние, по словам источника",
    "Rare earths named": "Названные РЗЭ",
    "By-product": "Попутные РЗЭ",
    "rare earths sought first": "РЗЭ — главная цель",
    "by-product only": "только попутные",
    "Commodity group": "Группа сырья",
    "Source quality": "Качество источника",
    "medium or high": "среднее или высокое",
    "What is unknown does not pass a limit. The filters act on the tables and on the marks of the map.": "Неизвестное не проходит через предел. Фильтры действуют на таблицы и на знаки карты.",
    "Some lines are known only as straight chords between junctions and may run more than 25 km to a side of where they are drawn: {parts}. They are dashed, and count only where nothing better is near.": "Часть линий известна только как прямые хорды между узлами и может проходить более чем в 25 км в стороне от нарисованного: {parts}. Они показаны пунктиром и учитываются, только если рядом нет лучшего.",
    "Distances are straight lines over the ellipsoid, not travel by road or rail. An open border crossing is not assumed: the nearest abroad stands in a column of its own.": "Расстояния — прямые по эллипсоиду, а не путь по дорогам. Открытая граница не предполагается: ближайшее за границей дано в отдельном столбце.",
    "No source of these layers is at hand: {layers}. Distances to them are unknown, not far.": "Нет источника этих слоёв: {layers}. Расстояния до них неизвестны, а не велики.",
    "Water is what its sources hold: rivers only, no lakes.": "Вода — то, что есть в источниках: только реки, без озёр.",
    "Small streams are missing, so a distance to water is an upper limit; groundwater is unknown.": "Малых водотоков нет, поэтому расстояние до воды — верхний предел; подземные воды неизвестны.",
    "Groundwater is unknown.": "Подземные воды неизвестны.",
    "Grade, tonnage, ore, ownership, law, price and border regimes are not in the score.": "Содержание, запасы, руда, собственность, право, цены и пограничный режим в оценку не входят.",
    "An unknown criterion takes no points and shares out its weight; in the draws it is random, so a score can lie outside its own range.": "Неизвестный критерий не даёт баллов, и его вес делится между остальными; в испытаниях он случаен, поэтому оценка может лежать вне своего интервала.",
    "A criterion has its full weight where there is nothing to cross or to climb, and is worth less the more there is.": "Критерий имеет полный вес, где нечего преодолевать и не на что подниматься, и стоит тем меньше, чем этого больше.",
    "The points add up to the score.": "Баллы складываются в оценку.",
    "The score is a weighted product: what is worth nothing spoils the whole, and points do not add up.": "Оценка — взвешенное произведение: ничего не стоящее портит целое, и баллы не складываются.",
    "The score is the relative closeness to the best of the table (TOPSIS): it changes with the rows beside it, and points do not add up.": "Оценка — относительная близость к лучшему в таблице (TOPSIS): она меняется с соседними строками, и баллы не складываются.",
    "Weights, and what halves a worth, are {assumed}; each gives its reason and its source.": "Веса и то, что вдвое снижает ценность: {assumed}; для каждого указаны довод и источник.",
    "Criterion": "Критерий",
    "Weight": "Вес",
    "Half at": "Половина на",
    "Reason and source": "Довод и источник",
    "Half of its worth:": "Половина ценности:",
    "Rank intervals of the run come from {draws} joint draws of weights, positions (within their error) and the course of lines.": "Интервалы мест расчёта получены из {draws} совместных испытаний весов, положений (в пределах погрешности) и хода линий.",
    "Rank intervals of the run come from joint draws of weights, positions (within their error) and the course of lines.": "Интервалы мест расчёта получены из совместных испытаний весов, положений (в пределах погрешности) и хода линий.",
    "Seed: {seed}.": "Начальное число: {seed}.",
    "Rows": "Строк",
    "Licence": "Лицензия",
    "retrieved": "получено",
    "{ranked} of {all} candidates ranked": "Кандидатов с местом: {ranked} из {all}",
    "Warnings of this run": "Предупреждения этого расчёта",
    "schema": "схема",
    "preset": "набор весов",
    "made": "создано",
    "drawn with folium and Leaflet": "нарисовано folium и Leaflet",
    "Show table": "Показать таблицу",
    "Hide table": "Скрыть таблицу",
    "category unknown": "категория неизвестна",
    "stated as {what}": "указано как: {what}",
    "being drawn": "пересчитывается",
    "Deposits of one tie group cannot be told apart": "Месторождения одной группы неразличимы",
    "tie {group}": "гр. {group}",
    "ranks {low} to {high}": "места с {low} по {high}",
    "No deposit passes the filters.": "Ни одно месторождение не проходит фильтры.",
    "Previous": "Назад",
    "{from} to {to} of {all}": "с {from} по {to} из {all}",
    "Next": "Вперёд",
    "#": "№",
    "Rank": "Место",
    "Table, scrolls sideways": "Таблица, прокручивается вбок",
    "Sources of the map": "Источники карты",
    "Key to the map": "Условные обозначения",
    "Name": "Название",
    "t": "т",
    "Score": "Оценка",
    "Ranks p5–p95": "Места p5–p95",
    "Status": "Состояние",
    "Contained oxide": "Содержит оксидов",
    "{share} % of the score": "{share} % оценки",
    "Weights": "Веса",
    "changed": "изменены",
    "All weights are zero: there is nothing to score by. The last valid scores stay.": "Все веса равны нулю: оценивать не по чему. Остаются последние верные оценки.",
    "Rank intervals of these weights: {draws} draws of the weights alone, made in this page. Positions, the course of lines and unknown values are held still, so they are narrower than those of the run.": "Интервалы мест для этих весов: испытаний {draws}, только по весам, сделаны на этой странице. Положения, ход линий и неизвестные значения не меняются, поэтому интервалы уже, чем в расчёте.",
    "Ranking and explanation": "Места и пояснения",
    "Language": "Язык",
    "Sections": "Разделы",
    "Presets": "Наборы весов",
    "Candidates": "Кандидаты",
    "By-product hosts, ranked apart": "Попутные РЗЭ, отдельный ряд",
    "Infrastructure access score of rare-earth deposits in Central Asia": "Доступность инфраструктуры для редкоземельных месторождений Центральной Азии",
    "Ranking": "Места",
    "Five questions": "Пять вопросов",
    "Limits": "Пределы",
    "Method": "Метод",
    "Data": "Данные",
    "Search a name, in Latin or Cyrillic letters": "Поиск по имени, латиницей или кириллицей",
    "Sort by": "Упорядочить по",
    "Download CSV": "Скачать CSV",
    "Scores, ranks and colours follow the sliders. Only the proportions count. A preset also has distances of its own.": "Оценки, места и цвета следуют за ползунками. Важны только пропорции. У набора есть и свои расстояния.",
    "Back to the weights of the run": "Вернуть веса расчёта",
    "Reset filters": "Сбросить фильтры",
    "Bar: ranks from the 5th to the 95th percentile of the draws, tick: rank of the point score. Deposits of one tie group cannot be told apart. Choose a row for its dossier.": "Полоса: места от 5-го до 95-го процентиля испытаний, черта: место по оценке. Месторождения одной группы (гр.) неразличимы. Выберите строку, чтобы открыть досье.",
    "Rare earths could come with another commodity here; these ranks are not those above.": "Здесь РЗЭ могли бы добываться попутно; эти места не те, что выше.",
    "None has both a coordinate and a score.": "Ни одно не имеет и координат, и оценки.",
    "What these data cannot tell": "Чего эти данные не говорят",
    "How the score is made": "Как получена оценка",
    "Data, editions and licences": "Данные, редакции и лицензии",
    "by geo_ree": "geo_ree",
    "by the source named": "названным источником",
    "for want of a source": "за неимением источника"
  };
  /* Words of the data's fixed vocabularies; anything else is shown as it stands. */
  var terms = {
    "a screening of public data, not investment advice": "обзор открытых данных, а не инвестиционный совет",
    "computed": "вычислено", "published": "опубликовано", "assumed": "принято", "modelled": "смоделировано",
    "unknown": "неизвестно", "unclear": "неясно", "oxide": "оксиды", "metal": "металл", "ore": "руда", "category unknown": "категория неизвестна",
    "high": "высокое", "medium": "среднее", "low": "низкое",
    "light": "лёгкие", "heavy": "тяжёлые", "light and heavy": "лёгкие и тяжёлые",
    "producer or mine": "производитель или рудник", "produced in the past": "добывалось прежде", "licence or project": "лицензия или проект",
    "prospect, explored": "разведуется", "registered, undeveloped": "учтено, не освоено", "occurrence": "проявление", "not told": "не указано",
    "rare earth": "РЗЭ", "rare earth by product": "попутные РЗЭ", "rare metal": "редкие металлы", "uranium": "уран",
    "phosphate": "фосфаты", "iron": "железо", "ferroalloy": "легирующие металлы", "nonferrous": "цветные металлы", "precious": "благородные металлы",
    "evaporite": "эвапориты", "industrial mineral": "нерудное сырьё", "gemstone": "драгоценные камни",
    "railway": "железная дорога", "road": "дорога", "power line": "линия электропередачи", "power plant": "электростанция",
    "settlement": "населённый пункт", "gateway": "пункт выхода", "water": "вода",
    "Railways": "Железные дороги", "Main roads": "Главные дороги", "Power lines and substations": "Линии электропередачи и подстанции",
    "Rivers and lakes": "Реки и озёра", "Power plants of 50 MW or more": "Электростанции от 50 МВт",
    "Settlements of 5,000 people or more": "Населённые пункты от 5000 жителей", "Sea ports and rail borders": "Морские порты и железнодорожные переходы",
    "Rare-earth deposits": "Редкоземельные месторождения", "Major deposits of other commodities": "Крупные месторождения другого сырья",
    "Audit: other printed positions, areas of published distances": "Проверка: другие опубликованные положения, области опубликованных расстояний",
    "infrastructure": "инфраструктура", "bulk": "крупный объём", "remote small": "малое удалённое",
    "the preset's gateways": "выходы набора", "every exit": "любой выход", "no exit through China or Russia": "без выхода через Китай или Россию",
    "Kazakhstan": "Казахстан", "Uzbekistan": "Узбекистан", "Kyrgyzstan": "Кыргызстан", "Tajikistan": "Таджикистан", "Turkmenistan": "Туркменистан",
    "Mongolia": "Монголия", "Afghanistan": "Афганистан", "China": "Китай", "Russia": "Россия", "Iran": "Иран", "Pakistan": "Пакистан",
    "India": "Индия", "Azerbaijan": "Азербайджан", "Georgia": "Грузия", "Armenia": "Армения", "Turkey": "Турция"
  };
  function russian() { return g.state.language === "ru"; }
  function said(table, text) { return Object.prototype.hasOwnProperty.call(table, text) ? table[text] : undefined; }
  function filled(text, values) {
    return text.replace(/\{(\w+)\}/g, function (whole, name) { return values && name in values ? values[name] : whole; });
  }
  /* Own words that were asked for and have no translation: a test wants none. */
  g.untranslated = [];
  g.addWords = function (more, moreTerms) {
    Object.assign(sentences, more);
    Object.assign(terms, moreTerms);
  };
  function found(text) {
    if (!russian()) return text;
    var out = said(sentences, text);
    if (out === undefined) out = said(terms, text);
    if (out !== undefined) return out;
    if (text && g.untranslated.indexOf(text) < 0) g.untranslated.push(text);
    return text;
  }
  /* A sentence of the page in the reader's language, its {places} filled. */
  g.t = function (text, values) { return filled(found(text), values); };
  /* The same with elements in its places: an array of texts and elements. */
  g.say = function (text, values) {
    return found(text).split(/(\{\w+\})/).map(function (part) {
      var m = /^\{(\w+)\}$/.exec(part);
      return m && m[1] in values ? values[m[1]] : part;
    });
  };
  /* A word of the data: translated where it is one of a fixed vocabulary. */
  g.term = function (text) {
    var out = russian() ? said(terms, text) : undefined;
    return out === undefined ? text : out;
  };
  g.hasTerm = function (text) { return said(terms, text) !== undefined; };
  g.locale = function () {
    return g.languages.filter(function (l) { return l[0] === g.state.language; })[0][2];
  };
  /* Texts of body.html: the English of each is kept on the element. */
  g.translateBody = function () {
    document.querySelectorAll("[data-t]").forEach(function (node) {
      if (!node.dataset.t) node.dataset.t = node.textContent.replace(/\s+/g, " ").trim();
      node.textContent = g.t(node.dataset.t);
    });
    document.querySelectorAll("[data-t-label]").forEach(function (node) { node.setAttribute("aria-label", g.t(node.dataset.tLabel)); });
    document.querySelectorAll("#languages button").forEach(function (b) { b.setAttribute("aria-pressed", String(b.lang === g.state.language)); });
  };
  g.startLanguages = function (node) {
    node.replaceChildren.apply(node, g.languages.map(function (l) {
      var button = g.el("button", { type: "button", lang: l[0] }, l[1]);
      button.addEventListener("click", function () { g.set({ language: l[0] }); });
      return button;
    }));
  };
})(geoRee);
